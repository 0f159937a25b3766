"""The child that reads a stranger's document: ``python -m provkit.rdf.child FORMAT DEFAULT BASE``.

Document on standard input, N-Quads on standard output. Exit code 1: the
document is wrong, and standard error says how; anything else: a limit struck.
"""

from __future__ import annotations

import resource
import sys
from xml.parsers import expat

from provkit.errors import ProvkitError, UnknownDataError
from provkit.rdf.documents import FORMATS, read_document, write_document
from provkit.rdf.hostile import CPU_S, LONGEST_BYTES, MEMORY_BYTES
from provkit.rdf.provdm_read import read_prov
from provkit.rdf.provdm_write import NOTATIONS
from provkit.vocab.terms import IRI


def main(arguments: list[str]) -> int:
    """Read, and write what was read."""
    kind, default, base = arguments
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        if kind in ("rdfxml", "prov-xml"):
            refuse_document_type(data)
        if kind in NOTATIONS:
            notation = next(each for each in NOTATIONS if each == kind)
            graphs = read_prov(data, notation, default=IRI(default))
        else:
            of = next(each for each in FORMATS if each == kind)
            graphs = read_document(data, of, default=IRI(default), base=base or None)
        written = write_document(graphs, "nquads").encode()
    except ProvkitError as error:
        sys.stderr.write(error.message)
        return 1
    if len(written) > LONGEST_BYTES:
        sys.stderr.write(f"the document says more than {LONGEST_BYTES >> 20} MiB")
        return 1
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()
    return 0


def refuse_document_type(data: bytes) -> None:
    """Look for ``<!DOCTYPE`` as XML does, in whatever encoding.

    Raises:
        UnknownDataError: There is one, or this is not XML.
    """

    def refuse(*_: object) -> None:
        raise UnknownDataError("XML with a document type (DOCTYPE) is not read: it may be a bomb")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise UnknownDataError(f"not well-formed XML: {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
