"""Bytes of a memory as loads and stores see them: words, ranges, and copies of what a program holds.

TRUSTED: what each does to the bytes of symbolic memory.  Each shows first that it touches mapped pages alone, and no
header.  tests/test_raw_bytes.py compares them with RAM (impl/ram.py).
"""

from __future__ import annotations

from typing import Any

import z3

from model.language.words import byte_of
from proofs.checking.ends import unseen
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap
from proofs.engine.memory import FITS, SymMemory
from proofs.engine.sequences import BYTES, SymSequence
from proofs.engine.store import acts, number
from proofs.engine.values import SymInt, term_of, wrap

WIDTHS = (1, 2, 4, 8)
INSIDE = "what is stored is a part of the bytes that are given"


def width_of(width: Any) -> int:
    """The number that a width is on this path."""
    for known in WIDTHS:
        if type(width) is int and width == known:
            return known
        if type(width) is SymInt and paths.current().branch(width.term == known):
            return known
    raise paths.EngineError(f"{width} is no width of a word")


def word_of(items: Any, start: Any, width: int) -> Any:
    """The little-endian word of the bytes from ``start`` on; each is known to be one, as a field of one byte is."""
    path, total = paths.current(), z3.IntVal(0)
    for place in range(width):
        byte = term_of(items[SymInt(term_of(start) + place)])
        path.know(z3.And(byte >= 0, byte < 256), "range")
        total = total + byte * 256**place if place else byte
    return SymInt(total)


@unseen
def load(memory: SymMemory, address: Any, width: Any) -> Any:
    """A word, little-endian."""
    length = width_of(width)
    memory._raw_range(number(address), z3.IntVal(length))
    return word_of(memory.arrays["byte"], address, length)


@unseen
def store(memory: SymMemory, address: Any, width: Any, value: Any) -> None:
    """The bytes of a word that fits, little-endian."""
    acts()
    length, at, word = width_of(width), number(address), number(value, "what is stored")
    paths.current().show("safety", FITS, z3.And(word >= 0, word < 256**length))
    _write(memory, at, z3.IntVal(length), lambda place: byte_of(value, place))


@unseen
def take(memory: SymMemory, address: Any, size: Any) -> SymSequence:
    """The bytes of a range."""
    at, length = number(address), number(size)
    memory._raw_range(at, length)
    there = memory.arrays["byte"]
    items = SymMap.arbitrary("taken", z3.IntSort()).redefined(lambda i: there[SymInt(at + i.term)])
    return SymSequence(BYTES, items, SymInt(length))


@unseen
def put(memory: SymMemory, address: Any, data: SymSequence, start: Any, size: Any) -> None:
    """``size`` bytes of ``data``, those from ``start`` on."""
    acts()
    if type(data) is not SymSequence or data.kind != BYTES:
        raise paths.EngineError(f"what is stored are bytes, not {type(data).__name__}")
    at, first, length = number(address), number(start), number(size)
    inside = z3.And(first >= 0, length >= 0, first + length <= term_of(data.size))
    paths.current().show("safety", INSIDE, inside)
    _write(memory, at, length, lambda place: data.items[SymInt(place.term + first)])


@unseen
def fill(memory: SymMemory, address: Any, size: Any, byte: Any) -> None:
    """Every byte of the range is ``byte``."""
    acts()
    at, length, value = number(address), number(size), number(byte, "a byte")
    paths.current().show("safety", FITS, z3.And(value >= 0, value < 256))
    _write(memory, at, length, lambda place: byte)


def encode(value: Any, width: Any) -> SymSequence:
    """The bytes of a word that fits, little-endian."""
    length, word = width_of(width), number(value, "what is encoded")
    paths.current().show("safety", FITS, z3.And(word >= 0, word < 256**length))
    items = SymMap.arbitrary("encoded", z3.IntSort()).redefined(lambda place: byte_of(value, place))
    return SymSequence(BYTES, items, length)


def decode(data: SymSequence, width: Any) -> Any:
    """The word that ``width`` bytes are, little-endian; there are no more of them."""
    length = width_of(width)
    paths.current().show("safety", INSIDE, term_of(data.size) == length)
    return word_of(data.items, 0, length)


def _write(memory: SymMemory, at: Any, length: Any, content: Any) -> None:
    """The bytes of the range become what ``content`` says of each place in it."""
    memory.touched = None
    memory._raw_range(at, length)
    before = memory.arrays["byte"]

    def after(x: Any) -> Any:
        inside = z3.And(at <= x.term, x.term < at + length)
        return wrap(z3.If(inside, term_of(content(SymInt(x.term - at))), before[x].term))

    with paths.current().ghost():
        memory.arrays["byte"] = before.redefined(after)
