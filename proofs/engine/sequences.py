"""Lists of numbers and bytes in a proof: how long each is, and what stands at each place.

TRUSTED: what a list, a bytearray and bytes do.  tests/test_sequences.py compares them with CPython's.

Such a value does not change in a proof.  A list or a bytearray that grows (``xs += ...``) is another one from then on;
of CPython's object the old name would see the growth, too.  So to look at what has grown under an old name is an
error of the proof.
"""

from __future__ import annotations

from typing import Any, NoReturn

import z3

from model.language.logic import when
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap
from proofs.engine.opaque import Opaque
from proofs.engine.store import number
from proofs.engine.values import SymInt, term_of

LIST, GROWING_BYTES, BYTES = "list", "bytearray", "bytes"
KINDS = (LIST, GROWING_BYTES, BYTES)
INDEXED = "a sequence is indexed inside its bounds"


class SymSequence(Opaque):
    """``size`` numbers, ``items``, side by side; of bytes each is one of 0..255.

    It can be indexed, measured and grown; whatever else Python does with a sequence is an error of the proof.
    """

    __slots__ = ("_items", "_size", "kind", "over")

    def __init__(self, kind: str, items: SymMap, size: Any) -> None:
        if paths.current().header is not None:
            raise paths.EngineError("a sequence in a proof that says that its header can be moved")
        self.kind = kind
        self.over = False
        self._items = items
        self._size = size

    def _look(self) -> None:
        if self.over:
            raise paths.EngineError(f"a {self.kind} that has grown is looked at under an old name")

    @property
    def items(self) -> SymMap:
        """What stands at each place, for specifications."""
        self._look()
        return self._items

    @property
    def size(self) -> Any:
        """How many there are, for specifications."""
        self._look()
        return self._size

    def length(self) -> Any:
        """``len``."""
        self._look()
        return self._size

    def __getitem__(self, index: Any) -> Any:
        self._look()
        place, path = number(index, "what a sequence is indexed with"), paths.current()
        path.show("safety", INDEXED, z3.And(place >= 0, place < term_of(self._size)))
        found = self._items[index]
        if self.kind != LIST:
            path.know(z3.And(term_of(found) >= 0, term_of(found) < 256), "range")
        return found

    def grown(self, more: Any) -> SymSequence:
        """What ``xs += more`` makes of a list and a tuple of numbers, or of a bytearray and bytes."""
        self._look()
        if paths.current().ghost_depth:
            raise paths.EngineError("a specification lets a sequence grow")
        if self.kind == LIST and type(more) is tuple:
            items, size = self._appended(more)
        elif self.kind == GROWING_BYTES and type(more) is SymSequence and more.kind == BYTES:
            items, size = self._joined(more)
        else:
            raise paths.EngineError(f"a {self.kind} grows by {type(more).__name__}")
        self.over = True
        return SymSequence(self.kind, items, size)

    def _appended(self, more: tuple[Any, ...]) -> tuple[SymMap, Any]:
        items, size = self._items, self._size
        with paths.current().ghost():
            for one in more:
                number(one, "what a list holds")
                items, size = items.set(size, one), size + 1
        return items, size

    def _joined(self, more: SymSequence) -> tuple[SymMap, Any]:
        mine, theirs, size = self._items, more.items, self._size
        with paths.current().ghost():
            items = mine.redefined(lambda i: when(SymInt(i.term) < size, mine[i], theirs[i - size]))
            return items, size + more.size

    def become_old(self) -> None:
        """From here on it may have grown: a loop does so, whose rounds are not told apart."""
        if self.kind != BYTES:
            self.over = True

    def _refuse(self, *arguments: Any) -> NoReturn:
        """What Python does with a sequence by default is not what the sequence would do."""
        raise paths.EngineError(f"a {self.kind} can only be indexed, measured and grown with +=")

    __iter__ = __len__ = __contains__ = __bool__ = __add__ = __radd__ = __iadd__ = __mul__ = __rmul__ = _refuse
    __reversed__ = __repr__ = __str__ = __format__ = __setitem__ = __delitem__ = _refuse


def arbitrary(kind: str, stem: str) -> SymSequence:
    """Any sequence of that kind."""
    path = paths.current()
    size = path.integer(f"{stem}.size")
    path.know(size >= 0)
    return SymSequence(kind, SymMap.arbitrary(f"{stem}.items", z3.IntSort()), SymInt(size))


def empty(kind: str) -> SymSequence:
    """One without members."""
    return SymSequence(kind, SymMap.arbitrary(f"{kind}.items", z3.IntSort()), 0)


def empty_bytearray() -> SymSequence:
    """``bytearray()``."""
    return empty(GROWING_BYTES)


def frozen(of: Any) -> SymSequence:
    """``bytes(of)`` of a bytearray."""
    if type(of) is not SymSequence or of.kind != GROWING_BYTES:
        raise paths.EngineError(f"bytes are made of a bytearray, not of {type(of).__name__}")
    return SymSequence(BYTES, of.items, of.size)
