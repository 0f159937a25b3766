"""The network as a file: mapped, not read, so that asking costs what the answer costs.

A file of little-endian arrays and texts behind a JSON head; every list of
neighbours is a slice of an array of 32-bit numbers (compressed sparse rows).
Opening it takes no time whatever its size, and touches only the pages that a
walk meets. The file tells what it was made from (its *generation*); a reader
that wants another one makes it anew. It is an index: it can be thrown away.

Rows that are usually empty or short are kept for every node, two numbers
each; 1,000,000 states take some 120 MB.
"""

from __future__ import annotations

import json
import mmap
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from provkit.files import write_atomically
from provkit.lineage.network import EVIDENCE, Network, RunFacts

FORMAT = 1
_MAGIC = b"provkit lineage index\n"
_HEAD_BYTES = 4096
_NONE = -1
_RANKS = len(EVIDENCE)
_PAST, _FUTURE = 1, 2
_ENCODING, _ERRORS = "utf-8", "surrogatepass"
_ROWS = ("used", "used_by", "generated", "generated_by")
_KEYS = ("version", "content", "path")


class Index:
    """A mapped network; see :class:`provkit.lineage.network.Adjacency`.

    Args:
        data: The whole file.
        sections: Where each array lies: offset and length in bytes.
    """

    def __init__(self, data: mmap.mmap, sections: Mapping[str, Sequence[int]]) -> None:
        view = memoryview(data)

        def numbers(name: str) -> memoryview[int]:
            offset, length = sections[name]
            return view[offset : offset + length].cast("i")

        def rows(name: str) -> _Rows:
            return numbers(f"{name}.starts"), numbers(f"{name}.ends")

        def texts(name: str) -> _Rows:
            offset, length = sections[name]
            return numbers(f"{name}.starts"), view[offset : offset + length]

        self._used, self._used_by = rows("used"), rows("used_by")
        self._generated, self._generated_by = rows("generated"), rows("generated_by")
        self._derived_from, self._derived = rows("derived_from"), rows("derived")
        self._joined = rows("joined")
        offset, length = sections["flags"]
        self._flags = view[offset : offset + length]
        self._keys = tuple(numbers(name) for name in _KEYS)
        self._names, self._key_texts, self._facts = texts("names"), texts("keys"), texts("runs")
        self._runs = numbers("runs.nodes")
        self._name_order = numbers("names.order")
        self._orders = {join: numbers(f"{_KEYS[join]}.order") for join in (1, 2)}

    def inputs(self, run: int) -> Sequence[int]:
        """States that a run read."""
        starts, ends = self._used
        return ends[starts[run] : starts[run + 1]].tolist()

    def readers(self, state: int) -> Sequence[int]:
        """Runs that read a state."""
        starts, ends = self._used_by
        return ends[starts[state] : starts[state + 1]].tolist()

    def outputs(self, run: int) -> Sequence[int]:
        """States that a run wrote."""
        starts, ends = self._generated
        return ends[starts[run] : starts[run + 1]].tolist()

    def makers(self, state: int) -> Sequence[int]:
        """Runs that wrote a state."""
        starts, ends = self._generated_by
        return ends[starts[state] : starts[state + 1]].tolist()

    def sources(self, state: int, weakest: int) -> dict[int, int]:
        """What a state was derived from, by evidence no weaker than that rank, with its rank."""
        return _ranked(self._derived_from, state, weakest)

    def results(self, state: int, weakest: int) -> dict[int, int]:
        """What was derived from a state, by evidence no weaker than that rank, with its rank."""
        return _ranked(self._derived, state, weakest)

    def has_past(self, state: int) -> bool:
        """Whether anything is known of how a state came to be."""
        return self._flags[state] & _PAST != 0

    def has_future(self, state: int) -> bool:
        """Whether anything is known of what a state was good for."""
        return self._flags[state] & _FUTURE != 0

    def key(self, state: int, join: int) -> int | None:
        """What a state shares by the join of that rank."""
        key = self._keys[join][state]
        return None if key == _NONE else key

    def members(self, key: int) -> Sequence[int]:
        """States that share a key."""
        starts, ends = self._joined
        return ends[starts[key] : starts[key + 1]].tolist()

    def name(self, node: int) -> str:
        """IRI of a node."""
        return _text(self._names, node)

    def find(self, name: str) -> int | None:
        """Number of a node, or None."""
        order = self._name_order
        at = bisect_left(order, name, key=self.name)
        return order[at] if at < len(order) and self.name(order[at]) == name else None

    def path(self, state: int) -> str | None:
        """Path of a state of a file."""
        return self._shared(state, 2)

    def content(self, state: int) -> str | None:
        """SHA-256 of a state, when it was hashed."""
        return self._shared(state, 1)

    def _shared(self, state: int, join: int) -> str | None:
        key = self.key(state, join)
        return None if key is None else _text(self._key_texts, key)

    def run(self, node: int) -> RunFacts | None:
        """What is known of a run; None for other nodes."""
        at = bisect_left(self._runs, node)
        if at == len(self._runs) or self._runs[at] != node:
            return None
        name, seq, program, started = json.loads(_text(self._facts, at))
        return RunFacts(id=name, seq=seq, program=program, started=started)

    def runs(self) -> Iterable[int]:
        """Every run."""
        return self._runs.tolist()

    def at_path(self, path: str) -> Sequence[int]:
        """States of files at a path."""
        for found, states in self.below(path):
            return states if found == path else ()
        return ()

    def below(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Paths that begin with a text, in order, with the states there."""
        return self._beginning(2, start)

    def contents(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Hashes that begin with some digits, in order, with the states that have them."""
        return self._beginning(1, start)

    def _beginning(self, join: int, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        order = self._orders[join]
        at = bisect_left(order, start, key=lambda key: _text(self._key_texts, key))
        while at < len(order):
            text = _text(self._key_texts, order[at])
            if not text.startswith(start):
                return
            yield text, self.members(order[at])
            at += 1


_Rows = tuple["memoryview[int]", "memoryview[int]"]
"""Where the row of each node begins, and all rows; of texts, their bytes."""


def _text(texts: _Rows, at: int) -> str:
    starts, data = texts
    return str(data[starts[at] : starts[at + 1]], _ENCODING, _ERRORS)


def _ranked(rows: _Rows, state: int, weakest: int) -> dict[int, int]:
    """A state and a rank are one number, the rank in its lowest digits."""
    starts, ends = rows
    begin, end = starts[state], starts[state + 1]
    if begin == end:
        return {}
    row = ends[begin:end].tolist()
    return {each // _RANKS: each % _RANKS for each in row if each % _RANKS <= weakest}


def open_index(path: str, generation: str) -> Index | None:
    """The index in a file, when it was made from that generation.

    Returns:
        None when there is no file, it was made from something else, or it is damaged.
    """
    if sys.byteorder != "little":
        return None
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs 5 ms
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if data[: len(_MAGIC)] != _MAGIC:
            return None
        head = json.loads(data[len(_MAGIC) : _HEAD_BYTES].rstrip(b"\0"))
        whole = head["format"] == FORMAT and head["bytes"] == len(data)
        if not whole or head["generation"] != generation:
            return None
        return Index(data, head["sections"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_index(path: str, network: Network, generation: str) -> None:
    """Write a network to a file that :func:`open_index` maps.

    Raises:
        OSError: It cannot be written; what stood there stays.
    """
    sections: dict[str, Sequence[int]] = {}
    offset = _HEAD_BYTES
    parts = list(_parts(network))
    for name, data in parts:
        sections[name] = (offset, len(data))
        offset += -(-len(data) // 8) * 8
    about = {"format": FORMAT, "generation": generation, "bytes": offset, "sections": sections}
    head = _MAGIC + json.dumps(about).encode()
    if len(head) > _HEAD_BYTES:
        raise OSError("the head of the index does not fit")
    with write_atomically(path) as file:
        file.write(head.ljust(_HEAD_BYTES, b"\0"))
        for _, data in parts:
            file.write(data)
            file.write(b"\0" * (-len(data) % 8))


def _parts(network: Network) -> Iterator[tuple[str, bytes]]:
    """Every array of the file, by name."""
    nodes = len(network.names)
    yield from _texts("names", network.names)
    order = sorted(range(nodes), key=network.names.__getitem__)
    yield "names.order", array("i", order).tobytes()
    for name in _ROWS:
        rows: dict[int, list[int]] = getattr(network, name)
        yield from _table(name, [rows.get(node, ()) for node in range(nodes)])
    for name in ("derived_from", "derived"):
        ranked: dict[int, dict[int, int]] = getattr(network, name)
        packed = [
            [other * _RANKS + rank for other, rank in ranked.get(node, {}).items()]
            for node in range(nodes)
        ]
        yield from _table(name, packed)
    for join, name in enumerate(_KEYS):
        known = network.keys[join]
        yield name, array("i", [known.get(node, _NONE) for node in range(nodes)]).tobytes()
    flags = bytes(
        network.has_past(node) * _PAST + network.has_future(node) * _FUTURE for node in range(nodes)
    )
    yield "flags", flags
    keys = network.key_texts()
    yield from _texts("keys", [text for _, text in keys])
    for join, name in ((1, "content"), (2, "path")):
        own = [key for key, (kind, _) in enumerate(keys) if kind == join]
        own.sort(key=lambda key: keys[key][1])
        yield f"{name}.order", array("i", own).tobytes()
    yield from _table("joined", [network.joined[key] for key in range(len(keys))])
    runs = sorted(network.facts)
    yield "runs.nodes", array("i", runs).tobytes()
    yield from _texts("runs", [json.dumps(list(network.facts[run])) for run in runs])


def _texts(name: str, texts: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    encoded = [text.encode(_ENCODING, _ERRORS) for text in texts]
    yield name, b"".join(encoded)
    yield f"{name}.starts", _starts(map(len, encoded))


def _table(name: str, rows: Sequence[Sequence[int]]) -> Iterator[tuple[str, bytes]]:
    ends: array[int] = array("i")
    for row in rows:
        ends.extend(row)
    yield f"{name}.ends", ends.tobytes()
    yield f"{name}.starts", _starts(map(len, rows))


def _starts(lengths: Iterable[int]) -> bytes:
    starts, total = array("i", [0]), 0
    for length in lengths:
        total += length
        starts.append(total)
    return starts.tobytes()
