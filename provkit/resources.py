"""Find the files that ship with provkit: ``ontologies/`` and ``sparql/``.

In a wheel they lie in ``provkit/_resources``; in a checkout, beside the
package. Nothing else in provkit knows the difference.
"""

from __future__ import annotations

import os

from provkit.errors import ResourceError

_PACKAGE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH120, PTH100 - pathlib costs 5 ms


def resource_folder(name: str) -> str:
    """Absolute path of a shipped folder.

    Args:
        name: ``ontologies`` or ``sparql``.

    Raises:
        ResourceError: The folder is neither in the wheel nor in the checkout.
    """
    for base in (f"{_PACKAGE}/_resources", os.path.dirname(_PACKAGE)):  # noqa: PTH120
        path = f"{base}/{name}"
        if os.path.isdir(path):  # noqa: PTH112
            return path
    raise ResourceError(
        f"the folder {name!r} that ships with provkit is missing",
        hint="install provkit again: pip install --force-reinstall provkit",
    )
