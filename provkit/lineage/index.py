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
        self._view = memoryview(data)
        self._sections = sections
        self._numbers: dict[str, memoryview[int]] = {}

    def _array(self, name: str) -> memoryview[int]:
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = self._bytes(name).cast("i")
        return found

    def _bytes(self, name: str) -> memoryview[int]:
        offset, length = self._sections[name]
        return self._view[offset : offset + length]

    def _row(self, name: str, node: int) -> Sequence[int]:
        starts = self._array(f"{name}.starts")
        if node + 1 >= len(starts):
            return ()
        return self._array(f"{name}.ends")[starts[node] : starts[node + 1]].tolist()

    def _text(self, name: str, at: int) -> str:
        starts = self._array(f"{name}.starts")
        return str(self._bytes(name)[starts[at] : starts[at + 1]], _ENCODING, _ERRORS)

    def inputs(self, run: int) -> Sequence[int]:
        """States that a run read."""
        return self._row("used", run)

    def readers(self, state: int) -> Sequence[int]:
        """Runs that read a state."""
        return self._row("used_by", state)

    def outputs(self, run: int) -> Sequence[int]:
        """States that a run wrote."""
        return self._row("generated", run)

    def makers(self, state: int) -> Sequence[int]:
        """Runs that wrote a state."""
        return self._row("generated_by", state)

    def sources(self, state: int, weakest: int) -> dict[int, int]:
        """What a state was derived from, by evidence no weaker than that rank, with its rank."""
        return _ranked(self._row("derived_from", state), weakest)

    def results(self, state: int, weakest: int) -> dict[int, int]:
        """What was derived from a state, by evidence no weaker than that rank, with its rank."""
        return _ranked(self._row("derived", state), weakest)

    def key(self, state: int, join: int) -> int | None:
        """What a state shares by the join of that rank."""
        keys = self._array(_KEYS[join])
        key = keys[state] if state < len(keys) else _NONE
        return None if key == _NONE else key

    def members(self, key: int) -> Sequence[int]:
        """States that share a key."""
        return self._row("joined", key)

    def name(self, node: int) -> str:
        """IRI of a node."""
        return self._text("names", node)

    def find(self, name: str) -> int | None:
        """Number of a node, or None."""
        order = self._array("names.order")
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
        return None if key is None else self._text("keys", key)

    def run(self, node: int) -> RunFacts | None:
        """What is known of a run; None for other nodes."""
        nodes = self._array("runs.nodes")
        at = bisect_left(nodes, node)
        if at == len(nodes) or nodes[at] != node:
            return None
        name, seq, program, started = json.loads(self._text("runs", at))
        return RunFacts(id=name, seq=seq, program=program, started=started)

    def runs(self) -> Iterable[int]:
        """Every run."""
        return self._array("runs.nodes").tolist()

    def at_path(self, path: str) -> Sequence[int]:
        """States of files at a path."""
        for found, states in self.below(path):
            return states if found == path else ()
        return ()

    def below(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Paths that begin with a text, in order, with the states there."""
        return self._beginning("path", start)

    def contents(self, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Hashes that begin with some digits, in order, with the states that have them."""
        return self._beginning("content", start)

    def _beginning(self, kind: str, start: str) -> Iterator[tuple[str, Sequence[int]]]:
        order = self._array(f"{kind}.order")
        at = bisect_left(order, start, key=lambda key: self._text("keys", key))
        while at < len(order):
            text = self._text("keys", order[at])
            if not text.startswith(start):
                return
            yield text, self.members(order[at])
            at += 1


def _ranked(row: Sequence[int], weakest: int) -> dict[int, int]:
    """A state and a rank are one number, the rank in its lowest digits."""
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
