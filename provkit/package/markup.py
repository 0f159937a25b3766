"""Build small XML documents that come out the same every time.

A thin layer over ``xml.etree``: what XML cannot hold is replaced, line ends
are one, and the text is indented for people.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import (
    Element,
    SubElement,
    indent,
    tostring,
)

__all__ = ["Element", "add", "clean", "write_xml"]

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Text that XML can hold (XML 1.0, production 2): other characters become ``\ufffd``."""
    return _NOT_IN_XML.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """A new last child, with text and attributes."""
    child = SubElement(parent, tag, {key: clean(value) for key, value in attributes.items()})
    if text:
        child.text = clean(text)
    return child


def write_xml(root: Element) -> bytes:
    """The document of an element, indented, in UTF-8."""
    indent(root)
    body = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()
