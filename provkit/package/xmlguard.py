"""Parse XML that strangers wrote: no document type, no depth, no size without end.

Entities are what XML bombs are made of, and entities are declared in a
document type; a document that has one is refused at its first line.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from provkit.errors import UnknownDataError

_DEEPEST = 200
_MOST_BYTES = 64 << 20


def parse_xml(data: bytes) -> Element:
    """Root element of a document; names are ``{namespace}local``.

    Raises:
        UnknownDataError: Not well-formed, has a document type, or is a trap.
    """
    builder = TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise UnknownDataError(f"XML is nested deeper than {_DEEPEST} elements")
        builder.start(_name(name), {_name(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_name(name))

    parser = _guarded_parser(data)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    _parse(parser, data)
    return builder.close()


def check_xml(data: bytes) -> None:
    """Make sure that another parser can be trusted with a document.

    Raises:
        UnknownDataError: Not well-formed, or has a document type.
    """
    _parse(_guarded_parser(data), data)


def _guarded_parser(data: bytes) -> expat.XMLParserType:
    if len(data) > _MOST_BYTES:
        raise UnknownDataError(f"XML of more than {_MOST_BYTES >> 20} MiB")

    def refuse(*_: object) -> None:
        raise UnknownDataError("XML with a document type (DOCTYPE) is not read: it may be a bomb")

    parser = expat.ParserCreate(namespace_separator="\n")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _parse(parser: expat.XMLParserType, data: bytes) -> None:
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnknownDataError(f"not well-formed XML: {error}") from error
    except (LookupError, ValueError) as error:  # an encoding that there is not
        raise UnknownDataError(f"XML that cannot be decoded: {error}") from error


def _name(text: str) -> str:
    """Expat joins namespace and local name by a line end, which neither can hold."""
    namespace, separator, local = text.rpartition("\n")
    return f"{{{namespace}}}{local}" if separator else local
