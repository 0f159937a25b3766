"""Read documents of strangers in a child process that cannot do much harm.

774 bytes of RDF/XML grew to 917 MB in a parser; JSON-LD may nest, and
canonical names of blank nodes may take forever. So the child has limits on
memory and time, opens nothing, and refuses a document type before any parser
sees it. What comes back is N-Quads.
"""

from __future__ import annotations

import subprocess
import sys

from provkit.errors import UnknownDataError
from provkit.rdf.documents import Format, read_document
from provkit.rdf.graphs import Graphs
from provkit.rdf.provdm_write import Notation
from provkit.vocab.terms import IRI

MEMORY_BYTES = 512 << 20
CPU_S = 20
LONGEST_BYTES = 64 << 20
"""Documents, and what they say as N-Quads, may be so long."""


def read_hostile(data: bytes, of: Format | Notation, *, default: IRI, base: str = "") -> Graphs:
    """Graphs that a stranger's document holds; see :func:`provkit.rdf.documents.read_document`.

    Raises:
        UnknownDataError: It is not in that format, or is a trap.
    """
    if len(data) > LONGEST_BYTES:
        raise UnknownDataError(f"a document of more than {LONGEST_BYTES >> 20} MiB is not read")
    child = [sys.executable, "-I", "-m", "provkit.rdf.child", of, default, base]
    try:
        done = subprocess.run(
            child, input=data, capture_output=True, check=False, timeout=2 * CPU_S, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise _trap("it took too long") from error
    if done.returncode == 1:
        raise UnknownDataError(done.stderr.decode(errors="replace").strip())
    if done.returncode != 0:
        raise _trap("it needs more memory or time than allowed")
    return read_document(done.stdout, "nquads", default=default)


def _trap(why: str) -> UnknownDataError:
    limits = f"{MEMORY_BYTES >> 20} MiB, {CPU_S} s"
    return UnknownDataError(f"the document was not read: {why} ({limits})")
