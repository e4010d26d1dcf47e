"""The machine's memory as the harness shows it to a heap: what the heap asks of it is noted.

Two faces of one memory (they share everything, translations and shadow included):

    WatchedMemory   every access is checked against the shadow and counted
    QuickMemory     field accesses are counted, not checked: for the calls between two checked ones
"""

from __future__ import annotations

from typing import Any

from impl.layout import Field
from impl.shadow import CheckedMemory
from impl.virtual_memory import VirtualMemory
from proofs.checking.violation import Violation

NO_VALUE = -1
"""What a log line without values, or no log line at all, shows as its first value."""


class Watch:
    """What the heaps on one machine asked for, since ever and since the operation began."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.theorem = ""
        self.operation: Any = None
        self.pages = 0
        self.most_pages = 0
        self.begin("")

    def begin(self, theorem: str) -> None:
        """An operation begins; ``theorem`` is the id of its safety."""
        self.theorem = theorem
        self.asked = 0
        self.asked_at = 0
        self.mapped = 0
        self.refused = False
        self.paged = False


class WatchedMemory(CheckedMemory):
    """The memory of a checked machine, watched."""

    watch: Watch

    def __init__(self, memory: CheckedMemory) -> None:
        self.__dict__ = memory.__dict__  # two faces of one memory
        self.__dict__.setdefault("watch", Watch())

    @property
    def operation(self) -> Any:
        """The operation in progress, as loop specifications see it."""
        return self.watch.operation

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """A store; a value that does not fit is a Violation, not a ValueError as for a bad argument."""
        try:
            super().write(field, address, value)
        except ValueError as error:
            sentence = "a stored value fits the field"
            raise Violation(self.watch.theorem, sentence, f"{value} into {field} at {address:#x}") from error

    def map(self, address: int, pages: int, /) -> bool:
        """Map, and note what was asked for and what was granted."""
        watch = self.watch
        watch.paged = True
        watch.asked += pages
        watch.asked_at = address
        granted = super().map(address, pages)
        if granted:
            watch.mapped += pages
            watch.pages += pages
            watch.most_pages = max(watch.most_pages, watch.pages)
        else:
            watch.refused = True
        return granted

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap, and note that pages changed."""
        self.watch.paged = True
        super().unmap(address, pages)
        self.watch.pages -= pages

    def log(self, message: str, /, *values: int) -> None:
        """Note the first value of the line."""
        self.watch.lines.append(values[0] if values else NO_VALUE)
        super().log(message, *values)


class QuickMemory(WatchedMemory):
    """The same memory; field accesses are counted but not checked."""

    def read(self, field: Field[Any], address: int, /) -> Any:
        """A counted load."""
        self.counter.loads += 1
        return VirtualMemory.read(self, field, address)

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """A counted store."""
        self.counter.stores += 1
        VirtualMemory.write(self, field, address, value)
