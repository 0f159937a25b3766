"""Write the C3 and C4 fractions of every pixel, and the grass map.

The fractions are of the grass months of a pixel. The map says which kind of
grass has the greater share at a station over all years.
"""

# @begin generating_final_results @desc Fractions of every pixel, and the grass map
# @in grass_months @uri file:prepared/grass_months.csv
# @out C3_fraction_data @uri file:results/C3_fraction.csv
# @out C4_fraction_data @uri file:results/C4_fraction.csv
# @out Grass_map @uri file:results/Grass_map.csv

import csv
from collections import Counter
from pathlib import Path


def write_table(name, header, rows):
    Path("results").mkdir(exist_ok=True)
    with Path("results", name).open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


# @begin read_grass_months
# @in grass_months @uri file:prepared/grass_months.csv
# @out pixel_counts
with Path("prepared", "grass_months.csv").open(newline="") as file:
    counts = [
        (row["station"], row["year"], int(row["c3_months"]), int(row["c4_months"]))
        for row in csv.DictReader(file)
    ]
# @end read_grass_months

# @begin generate_C3_fraction
# @in pixel_counts
# @out C3_fraction_data @uri file:results/C3_fraction.csv
write_table(
    "C3_fraction.csv",
    ["station", "year", "fraction"],
    [(station, year, f"{c3 / max(c3 + c4, 1):.3f}") for station, year, c3, c4 in counts],
)
# @end generate_C3_fraction

# @begin generate_C4_fraction
# @in pixel_counts
# @out C4_fraction_data @uri file:results/C4_fraction.csv
write_table(
    "C4_fraction.csv",
    ["station", "year", "fraction"],
    [(station, year, f"{c4 / max(c3 + c4, 1):.3f}") for station, year, c3, c4 in counts],
)
# @end generate_C4_fraction

# @begin generate_grass_map
# @in pixel_counts
# @out Grass_map @uri file:results/Grass_map.csv
share = Counter()
for station, _, c3, c4 in counts:
    share[station] += c3 - c4
write_table(
    "Grass_map.csv",
    ["station", "grass"],
    [(station, "C3" if share[station] > 0 else "C4") for station in sorted(share)],
)
# @end generate_grass_map

# @end generating_final_results
