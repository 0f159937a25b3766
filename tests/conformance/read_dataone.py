"""Read a DataONE bag with DataONE's own Python software; run by its own interpreter.

``python read_dataone.py BAG`` prints one JSON object: what ``d1_common`` takes
the resource map for, how many system metadata documents its schema binding
accepts, and what ``metapype`` finds wrong in the EML.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(bag: Path) -> dict[str, Any]:
    """Everything that the two libraries say."""
    from d1_common.resource_map import ResourceMap  # noqa: PLC0415 - of another environment
    from d1_common.types import dataoneTypes_v2_0  # noqa: PLC0415
    from metapype.eml import validate  # noqa: PLC0415
    from metapype.model import metapype_io  # noqa: PLC0415

    ore = ResourceMap()
    ore.deserialize(data=(bag / "metadata/oai-ore.xml").read_bytes(), format="xml")
    documents = []
    for path in sorted((bag / "metadata/sysmeta").iterdir()):
        bound = dataoneTypes_v2_0.CreateFromDocument(path.read_bytes())
        bound.validateBinding()
        documents.append([bound.identifier.value(), int(bound.size)])
    errors: list[Any] = []
    eml = metapype_io.from_xml((bag / "metadata/science-metadata.xml").read_text())
    validate.tree(eml, errors)
    pids = sorted(ore.getAggregatedPids())
    return {
        "map": ore.getResourceMapPid(),
        "aggregated": pids,
        "metadata": sorted(ore.getAggregatedScienceMetadataPids()),
        "found_by_pid": sum(1 for pid in pids if ore.getObjectByPid(pid)),
        "system_metadata": documents,
        "eml_errors": [str(error) for error in errors],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
