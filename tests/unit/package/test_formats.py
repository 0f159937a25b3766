"""A format is told from content where that is possible (wish W25), else from the name."""

from __future__ import annotations

import pytest

from provkit.package.formats import format_of


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("a.nc", b"CDF\x01\x00", "netCDF-3"),
        ("a.nc", b"CDF\x02\x00", "netCDF-3"),
        ("a.nc", b"\x89HDF\r\n\x1a\n\x00", "netCDF-4"),
        ("a.h5", b"\x89HDF\r\n\x1a\n\x00", "application/x-hdf5"),
        ("a.mat", b"\x89HDF\r\n\x1a\n\x00", "application/MATLAB-v7.3"),
        ("a.csv", b"a,b\n", "text/csv"),
        ("a.CSV", b"a,b\n", "text/csv"),
        ("a.csv", b"", "text/csv"),
        ("a.csv", b"\x00\x01", "application/octet-stream"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.csv", "ä,b".encode("utf-16"), "text/csv"),
        ("a.R", b"x <- 1", "application/R"),
        ("a.m", b"x = 1;", "application/MATLAB"),
        ("a.py", b"x = 1", "application/x-python"),
        ("a.ipynb", b"{}", "application/x-ipynb+json"),
        ("a.Rmd", b"# a", "text/x-rmarkdown"),
        ("a.svg", b"<svg/>", "image/svg+xml"),
        ("a.ttl", b"", "text/turtle"),
        ("README", b"hello", "text/plain"),
        ("README", b"\x00", "application/octet-stream"),
        ("empty", b"", "application/octet-stream"),
        ("dir.csv/file", b"hello", "text/plain"),
    ],
)
def test_format_of(path: str, head: bytes, expected: str) -> None:
    assert format_of(path, head).id == expected
