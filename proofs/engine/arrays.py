"""Arrays of one-byte structs in a proof: what ``Memory.array`` gives to a scan.

TRUSTED.  An item is an ordinary field load at the time of the access; the concrete machines may have
copied the bytes before.  So an access after a store to such a field is an error of the proof.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs.engine import path as paths
from proofs.engine.opaque import Opaque
from proofs.engine.values import SymInt, term_of

THERE = "an array is read only where all of its elements are known to be"
INDEXED = "an array is indexed inside its bounds"


class SymArray(Opaque):
    """``count`` structs of one byte, side by side from ``address`` on, seen through ``field``."""

    def __init__(self, memory: Any, field: Any, address: Any, count: Any) -> None:
        if field.struct.SIZE != 1 or field.kind != "word":
            raise paths.EngineError(f"an array holds words of one byte, not {field}")
        self.memory = memory
        self.field = field
        self.address = address
        self.count = count
        self.content = self._content()
        start, end = term_of(address), term_of(address) + term_of(count)
        claimed = memory.arrays[f"claimed.{field.struct.__name__}"]
        with paths.current().ghost():
            there = claimed.each(SymInt(start), SymInt(end), lambda x: claimed[x])
        paths.current().show("safety", THERE, there.term)

    def _content(self) -> Any:
        return self.memory.arrays[f"{self.field.struct.__name__}.{self.field.name}"]

    def __getitem__(self, number: Any) -> Any:
        if self._content() is not self.content:
            raise paths.EngineError(f"an array of {self.field} is read after such a field was written")
        inside = z3.And(term_of(number) >= 0, term_of(number) < term_of(self.count))
        paths.current().show("safety", INDEXED, inside)
        with paths.current().ghost():
            place = self.address + number
        return self.memory.read(self.field, place)
