"""The machine's memory as the harness shows it to a heap: what the heap asks of it is noted.

Four faces of one memory (they share everything, translations and shadow included), all of which count accesses:

    WatchedMemory   for calls that are checked in full: every access is checked against the shadow
    UnnotedMemory   the same without what only a call that is checked in full needs
    HurriedMemory   the same as that, quicker: for the calls between two that are checked in full (hurried.py)
    QuickMemory     for a look from outside at a heap that may be damaged: field accesses are not checked
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.layout import Field
from impl.shadow import CheckedMemory
from model.language.logic import NO_ANSWERS, Answers
from proofs.checking.answers import frames_needed, has_hole, is_taken, numbers
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
        self.moved: Callable[[int, int], int] | None = None
        """Chooses another place for so many pages than the machine did; it must be a hole as well."""
        self.begin("")

    def begin(self, theorem: str) -> None:
        """An operation begins; ``theorem`` is the id of its safety."""
        self.theorem = theorem
        self.asked = 0
        self.asked_at = 0
        self.mapped = 0
        self.unmapped = 0
        self.refused = False
        self.answers = NO_ANSWERS
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

    @property
    def pages_unmapped(self) -> int:
        """How many pages the operation in progress gave back so far."""
        return self.watch.unmapped

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
        self._note_answers_of_map(address, pages)
        granted = super().map(address, pages)
        if granted:
            watch.mapped += pages
            watch.pages += pages
            watch.most_pages = max(watch.most_pages, watch.pages)
        else:
            watch.refused = True
        return granted

    def find_place(self, pages: int, /) -> int:
        """A place, or what was chosen instead; and note whether there is any."""
        self._note_hole(pages)
        place = super().find_place(pages)
        return place if self.watch.moved is None else self.watch.moved(pages, place)

    def _note_hole(self, pages: int) -> None:
        """Note whether there is a place for these pages."""
        self.watch.answers = self.watch.answers.and_then(Answers(pages, not has_hole(numbers(self.space)[0], pages)))

    def _note_answers_of_map(self, address: int, pages: int) -> None:
        """Note why a request for these pages must be refused, but for a range that no space has."""
        with self.counter.paused():
            there, free = numbers(self.space), self.space.frames.free_frames
        taken, lack = is_taken(there[0], address, pages), frames_needed(there, address, pages) > free
        self.watch.answers = self.watch.answers.and_then(Answers(taken=taken, frames_lack=lack))

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap, and note that pages changed."""
        self.watch.paged = True
        super().unmap(address, pages)
        self.watch.pages -= pages
        self.watch.unmapped += pages

    def log(self, message: str, /, *values: int) -> None:
        """Note the first value of the line."""
        self.watch.lines.append(values[0] if values else NO_VALUE)
        super().log(message, *values)


class UnnotedMemory(WatchedMemory):
    """The same memory; a stored value that does not fit is a ValueError, and no answer of the machine is noted."""

    write = CheckedMemory.write

    def _note_hole(self, pages: int) -> None:
        pass

    def _note_answers_of_map(self, address: int, pages: int) -> None:
        pass


class QuickMemory(UnnotedMemory):
    """The same memory; field accesses are counted but not checked."""

    def read(self, field: Field[Any], address: int, /) -> Any:
        """A counted load."""
        self.counter.loads += 1
        return self.plain_read(field, address)

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """A counted store."""
        self.counter.stores += 1
        self.plain_write(field, address, value)
