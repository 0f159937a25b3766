#!/usr/bin/env bash
# The main job from end to end, on the C3/C4 grass example. Run by `make demo`.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
work="${1:-demo}"
rm -rf "$work"
mkdir -p "$work"
cp -r "$here"/inputs "$here"/*.py "$work"
cd "$work"

bold="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; "$@"; }

say "1. Record: three scripts, the second with two thresholds into the same file"
show provkit init
show provkit run preparing_step.py
show provkit run --tag wet examine_pixels_for_grass.py --threshold 2.5
show provkit run generating_final_results.py
show provkit run --tag very-wet examine_pixels_for_grass.py --threshold 5
show provkit run generating_final_results.py

say "2. What ran"
show provkit runs

say "3. What was the grass map made from? Both versions of prepared/grass_months.csv"
show provkit lineage results/Grass_map.csv
show provkit cat prepared/grass_months.csv@2
provkit lineage results/Grass_map.csv --format svg > lineage.svg

say "4. The workflow a script means, and the same with the files of a run in it"
show provkit yw graph preparing_step.py --view combined --layout TB -o workflow.svg
show provkit graph hybrid --script preparing_step.py --run 1 -o hybrid.svg
show provkit graph hybrid --script preparing_step.py --run 1

say "5. A question of your own, in SPARQL"
cat > largest_inputs.rq <<'SPARQL'
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX provkit: <https://w3id.org/provkit/ns#>
SELECT ?path (COUNT(DISTINCT ?run) AS ?runs) WHERE {
  ?run a <http://purl.dataone.org/provone/2015/01/15/ontology#Execution> ; prov:used ?file .
  ?file provkit:path ?path .
} GROUP BY ?path ORDER BY DESC(?runs) ?path LIMIT 4
SPARQL
show provkit query largest_inputs.rq

say "6. A package that a DataONE repository accepts"
cat > .provkit/config.toml <<'TOML'
[package]
title = "Where C3 and C4 grasses grow at Seattle and New York"

[[package.creators]]
given = "Ann"
surname = "Example"
orcid = "0000-0002-1825-0097"
TOML
show provkit package 5 --upstream -o grass.zip --as dataone
show provkit verify grass.zip

say "Done. Look at $work/workflow.svg, hybrid.svg and lineage.svg; ask your own: cd $work && provkit --help"
