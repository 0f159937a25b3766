"""What kind of file something is, in the words of the DataONE object format registry.

The content decides where it can (a netCDF file is recognised by its first
bytes, not by its name), else the extension, else whether it reads as text.
The ids are those of the registry, https://cn.dataone.org/cn/v2/formats.
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple

HEAD_BYTES = 1024
"""How much of a file's start :func:`format_of` looks at."""


class Format(NamedTuple):
    """A format id of DataONE with its media type."""

    id: str
    media_type: str


RESOURCE_MAP = Format("http://www.openarchives.org/ore/terms", "application/rdf+xml")
EML_220 = Format("https://eml.ecoinformatics.org/eml-2.2.0", "text/xml")
TURTLE = Format("text/turtle", "text/turtle")
SVG = Format("image/svg+xml", "image/svg+xml")
TEXT = Format("text/plain", "text/plain")
SHELL = Format("application/x-sh", "application/x-sh")
BYTES = Format("application/octet-stream", "application/octet-stream")

_HDF5 = b"\x89HDF\r\n\x1a\n"
_NETCDF_4 = Format("netCDF-4", "application/netcdf")
_HDF5_BY_EXTENSION = {
    ".nc": _NETCDF_4,
    ".nc4": _NETCDF_4,
    ".cdf": _NETCDF_4,
    ".mat": Format("application/MATLAB-v7.3", "application/octet-stream"),
}
_MAGIC = {
    b"CDF\x01": Format("netCDF-3", "application/netcdf"),
    b"CDF\x02": Format("netCDF-3", "application/netcdf"),
    b"CDF\x05": Format("netCDF-3", "application/netcdf"),
    b"\x0e\x03\x13\x01": Format("application/x-hdf", "application/x-hdf"),
    b"\x89PNG\r\n\x1a\n": Format("image/png", "image/png"),
    b"\xff\xd8\xff": Format("image/jpeg", "image/jpeg"),
    b"GIF8": Format("image/gif", "image/gif"),
    b"II*\x00": Format("image/tiff", "image/tiff"),
    b"MM\x00*": Format("image/tiff", "image/tiff"),
    b"%PDF-": Format("application/pdf", "application/pdf"),
    b"\x1f\x8b": Format("application/x-gzip", "application/x-gzip"),
    b"BZh": Format("application/x-bzip2", "application/x-bzip2"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_EXTENSIONS = {
    ".bmp": "image/bmp",
    ".doc": "application/msword",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".fasta": "application/x-fasta",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".h4": "application/x-hdf",
    ".hdf": "application/x-hdf",
    ".htm": "text/html",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonld": ("application/json-ld", "application/ld+json"),
    ".kml": "application/vnd.google-earth.kml+xml",
    ".kmz": "application/vnd.google-earth.kmz",
    ".m": ("application/MATLAB", "text/x-matlab"),
    ".md": "text/markdown",
    ".mp4": "video/mp4",
    ".nt": ("http://www.w3.org/TR/rdf-testcases/#ntriples", "text/plain"),
    ".ipynb": "application/x-ipynb+json",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".ps": "application/postscript",
    ".py": ("application/x-python", "text/x-python"),
    ".r": ("application/R", "text/x-rsrc"),
    ".rmd": ("text/x-rmarkdown", "text/markdown"),
    ".rdf": ("http://www.w3.org/TR/rdf-syntax-grammar", "application/rdf+xml"),
    ".rtf": "application/rtf",
    ".sas": ("application/SAS", "text/x-sas"),
    ".sh": SHELL,
    ".svg": SVG,
    ".tar": "application/x-tar",
    ".tsv": ("text/tsv", "text/tab-separated-values"),
    ".ttl": TURTLE,
    ".txt": TEXT,
    ".wav": "audio/x-wav",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".xml": "text/xml",
    ".zip": "application/zip",
    ".csv": "text/csv",
}
_PLAIN_TEXT = {TEXT.id, SHELL.id, SVG.id, "application/R", "application/x-python"}


def format_of(path: str, head: bytes = b"") -> Format:
    """Format of a file by its first bytes, else its extension.

    Args:
        path: Its name.
        head: The first :data:`HEAD_BYTES` bytes, or all of a shorter file.
    """
    extension = posixpath.splitext(path)[1].lower()
    if head.startswith(_HDF5):
        return _HDF5_BY_EXTENSION.get(extension, Format("application/x-hdf5", "application/x-hdf5"))
    for magic, found in _MAGIC.items():
        if head.startswith(magic):
            return found
    named = _EXTENSIONS.get(extension)
    if named is None:
        return TEXT if head and _is_text(head) else BYTES
    known = Format(named, named) if isinstance(named, str) else Format(*named)
    if head and _says_text(known) and not _is_text(head):
        return BYTES
    return known


def _says_text(known: Format) -> bool:
    return known.media_type.startswith("text/") or known.id in _PLAIN_TEXT


def _is_text(head: bytes) -> bool:
    """Reads as text: no NUL bytes, or a byte order mark of UTF-16."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" not in head
