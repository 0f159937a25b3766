"""Answer one query in a process of its own, which may be killed at any time.

Reads one JSON object from standard input (``snapshot``, ``query``, ``accepted``,
``memory_bytes``, ``cpu_s``), writes one JSON line (``media`` or ``error``,
``hint``, ``code``) and then the bytes of the answer.
"""

from __future__ import annotations

import json
import resource
import sys

from provkit.errors import ProvkitError
from provkit.store.snapshot import answer


def main() -> None:
    """Answer what standard input asks."""
    asked = json.load(sys.stdin)
    for limit, value in (
        (resource.RLIMIT_AS, asked["memory_bytes"]),
        (resource.RLIMIT_CPU, asked["cpu_s"]),
    ):
        resource.setrlimit(limit, (value, value))
    body = b""
    try:
        media, body = answer(asked["snapshot"], asked["query"], asked["accepted"])
        head = {"media": media}
    except ProvkitError as error:
        head = {"error": error.message, "hint": error.hint, "kind": type(error).__name__}
    except MemoryError:
        head = {"error": "the query needs too much memory", "hint": "", "kind": "Limit"}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
