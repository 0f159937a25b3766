"""Start the audit hook in a Python process of a recorded run, then make room for the user's own.

Any Python may load this, even Python 2: so it is plain old code.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - runs in any Python
_ours = sys.modules.pop("sitecustomize", None)
try:
    # What audits can be told from Python 3.8 on (PEP 578).
    if sys.version_info >= (3, 8) and os.environ.get("PROVKIT_SPOOL"):
        import provkit_audit  # type: ignore[import-not-found]  # on the path only here

        provkit_audit.begin()
except Exception:  # noqa: S110, BLE001 - do no harm: rather unrecorded than not run at all
    pass
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _here]  # noqa: PTH100
sys.modules.pop("provkit_audit", None)
sys.path_importer_cache.pop(_here, None)
try:
    import sitecustomize  # type: ignore[import-not-found]  # noqa: F401 - the user's own, if any
except ImportError as error:
    if getattr(error, "name", "sitecustomize") != "sitecustomize":
        raise
    if _ours is not None:
        sys.modules["sitecustomize"] = _ours
