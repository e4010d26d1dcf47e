"""Arrays of one-byte structs in a proof: what ``Memory.array`` gives to a scan.

TRUSTED.  An item is an ordinary field load at the time of the access; the concrete machines may have
copied the bytes before.  So an access after a store to such a field is an error of the proof.
"""

from __future__ import annotations

from typing import Any, NoReturn

import z3

from proofs.engine import path as paths
from proofs.engine.opaque import Opaque
from proofs.engine.store import number
from proofs.engine.values import SymInt, term_of

THERE = "an array is read only where all of its elements are known to be"
INDEXED = "an array is indexed inside its bounds"


class SymArray(Opaque):
    """``count`` structs of one byte, side by side from ``address`` on, seen through ``field``.

    Of what Python can do with a sequence it can be indexed, and no more: anything else is an error of the proof.
    """

    __slots__ = ("_address", "_content", "_count", "_field", "_memory")

    def __init__(self, memory: Any, field: Any, address: Any, count: Any) -> None:
        if field.struct.SIZE != 1 or field.kind != "word":
            raise paths.EngineError(f"an array holds words of one byte, not {field}")
        self._memory = memory
        self._field = field
        self._address = address
        self._count = count
        self._content = self._content_now()
        start, end = number(address), number(address) + number(count)
        claimed = memory.arrays[f"claimed.{field.struct.__name__}"]
        with paths.current().ghost():
            there = claimed.each(SymInt(start), SymInt(end), lambda x: claimed[x])
        paths.current().show("safety", THERE, there.term)

    def _content_now(self) -> Any:
        return self._memory.arrays[f"{self._field.struct.__name__}.{self._field.name}"]

    def __getitem__(self, index: Any) -> Any:
        if self._content_now() is not self._content:
            raise paths.EngineError(f"an array of {self._field} is read after such a field was written")
        place = number(index, "what an array is indexed with")
        paths.current().show("safety", INDEXED, z3.And(place >= 0, place < term_of(self._count)))
        with paths.current().ghost():
            address = self._address + index
        return self._memory.read(self._field, address)

    def _refuse(self, *arguments: Any) -> NoReturn:
        """A machine may give an array of any kind: all that is known of it is what its items are."""
        raise paths.EngineError("an array can only be indexed")

    __iter__ = __len__ = __contains__ = __bool__ = __eq__ = __ne__ = __add__ = __mul__ = __reversed__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse
