"""One call on both sides: answers, questions to the machine, log lines and every mapped byte are compared.

The Python goes first; what it asked of the machine, and what it was told, is written down.  The C must ask the same,
in the same order, and is told the same.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as part
from random import Random
from typing import Any

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.errors import DrystoneError, PageFault
from impl.layout import Field
from proofs.export.beside.building import CALLBACK
from proofs.export.beside.native import Native, Word
from proofs.export.beside.window import BASE, Window
from proofs.export.calls import ABSENT
from proofs.export.helpers import HOOKS
from proofs.export.kinds import Kind
from proofs.export.program import Function
from proofs.export.unit import Unit

RAISED = (DrystoneError, ValueError, ZeroDivisionError)
WORDS = tuple(HOOKS)


class Difference(Exception):
    """The C did something else than the Python."""


class Faulty(Exception):
    """The Python itself touched what is not mapped, or stored what does not fit: nothing is promised of the C."""


@dataclass
class Asked:
    """One question to the machine: what, with which words, and the answer."""

    what: str
    words: tuple[Any, ...]
    answer: Any


class Recorder(Window):
    """The Python's memory, which writes down what the program asks; now and then it refuses pages."""

    def __init__(self, size: int, random: Random, base: int = BASE) -> None:
        super().__init__(size, base)
        self.random = random
        self.asked: list[Asked] = []
        self.refusing = 0
        self.faulted = ""
        self.moody = True
        """Whether it has no place, or a strange one, now and then."""
        self.place_next = self.base + size // 4

    def map(self, address: int, pages: int, /) -> bool:
        """Map pages, unless that is refused."""
        refused = self.random.randrange(100) < self.refusing
        answer = not refused and super().map(address, pages)
        self.asked.append(Asked("map", (address, pages), answer))
        return answer

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap pages."""
        super().unmap(address, pages)
        self.asked.append(Asked("unmap", (address, pages), None))

    def is_mapped(self, address: int, size: int, /) -> bool:
        """Whether the range can be read and written."""
        answer = super().is_mapped(address, size)
        self.asked.append(Asked("is_mapped", (address, size), answer))
        return answer

    def find_place(self, pages: int, /) -> int:
        """Where the machine would map pages: upwards, somewhere else now and then, or nowhere.

        At the end of the window it begins again with the lowest hole.
        """
        way = self.random.randrange(10) if self.moody else 9
        if self.place_next + pages * PAGE_SIZE > self.base + self.size:
            hole = self.pages.find(bytes(pages), self.size // 4 // PAGE_SIZE) if pages <= len(self.pages) else -1
            self.place_next = self.base + hole * PAGE_SIZE if hole >= 0 else self.place_next
        answer = self.place_next
        if pages > min(1 << 20, (WORD_LIMIT - self.place_next) // PAGE_SIZE - 1) or way == 0:
            answer = 0
        elif way == 1:
            answer = self.base + self.random.randrange(self.size // PAGE_SIZE) * PAGE_SIZE
        else:
            self.place_next += pages * PAGE_SIZE
        self.asked.append(Asked("find_place", (pages,), answer))
        return answer

    def log(self, message: str, /, *values: int) -> None:
        """A line of the log."""
        self.asked.append(Asked("log", (message, *map(int, values)), None))

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """Store a field; what does not fit is no store that the prover lets pass."""
        if not 0 <= value < 1 << 8 * field.width:
            self.faulted = f"store of {value} into {field}"
        super().write(field, address, value)

    def _start(self, address: int, size: int, access: str) -> int:
        if not self.is_there(address, size):
            self.faulted = f"{access} of {size} bytes at {address:#x}"
            raise PageFault(address, access, "not present")
        return address - self.base


@dataclass
class Both:
    """A subject on both sides, its descriptor at ``heap``."""

    unit: Unit
    library: str
    memory: Recorder
    heap: int
    steps: int = 0
    compared: int = 0
    called: set[str] = part(default_factory=set)
    every: int = 1
    """Every so many calls the bytes are compared."""

    def __post_init__(self) -> None:
        self.native = Native(self.unit, self.library, self._asked)
        self.functions = {one.function.name: one.function for one in self.unit.public}
        self.waiting: list[Asked] = []
        self.wrong = ""

    def call(self, name: str, *given: Any) -> tuple[Any, str]:
        """Call an operation on both sides: its result, and the name of its error; Difference if they differ."""
        self.steps += 1
        self.called.add(name)
        function = self.functions[name]
        self.memory.asked, self.memory.faulted = [], ""
        told = [self._listened(one) if callable(one) else one for one in given]
        mine = self._python(function, told)
        if self.memory.faulted:
            raise Faulty(f"step {self.steps}: {name}{shown(given)}: {self.memory.faulted}")
        self.waiting, self.wrong = list(self.memory.asked), ""
        own = [self.heap] if function.owner and not function.of_class else []
        other = self.native.call(function, [*own, *given])
        self._compare(name, given, mine, other)
        return mine

    def _python(self, function: Function, given: list[Any]) -> tuple[Any, str]:
        heap = self.unit.program.heap
        arguments = iter(given)
        parameters = function.parameters[1:] if function.owner else function.parameters
        values = [self.memory if one.kind.is_ in ABSENT else next(arguments) for one in parameters]
        try:
            if function.owner and not function.of_class:
                return plain(getattr(heap(self.memory, self.heap), function.name)(*values)), ""
            owner: Any = heap if function.owner else self.unit.program.value_of(function)
            called = getattr(owner, function.name) if function.owner else owner
            return plain(called(*values)), ""
        except RAISED as error:
            return None, type(error).__name__

    def _listened(self, called: Callable[..., Any]) -> Callable[..., Any]:
        """A function that is handed on: its calls are written down, too."""

        def listening(*words: int) -> Any:
            answer = called(*words)
            self.memory.asked.append(Asked("call", words, answer))
            return answer

        return listening

    def _asked(self, which: int, message: bytes | None, count: int, values: Any, place: int) -> None:
        """What the C asks of the machine."""
        try:
            words: tuple[Any, ...] = tuple(values[n] for n in range(count)) if count else ()
            what = "call" if which >= CALLBACK else WORDS[which]
            if what == "log":
                words = ((message or b"").decode(), *words)
            expected = self.waiting.pop(0) if self.waiting else None
            if expected is None or (expected.what, tuple(expected.words)) != (what, words):
                self.wrong = self.wrong or f"the C asked {what}{shown(words)}, the Python {asked_as(expected)}"
                return
            if what == "unmap":
                self.memory.close(words[0], words[1])
            if what == "call":
                self.native.answer(which - CALLBACK, expected.answer, place)
            elif place:
                Word.from_address(place).value = int(expected.answer)
        except Exception as error:  # nothing may pass through C
            self.wrong = self.wrong or f"{type(error).__name__}: {error}"

    def _compare(self, name: str, given: tuple[Any, ...], mine: tuple[Any, str], other: tuple[Any, str]) -> None:
        what = f"step {self.steps}: {name}{shown(given)}"
        if self.wrong:
            raise Difference(f"{what}: {self.wrong}")
        if self.waiting:
            raise Difference(f"{what}: the Python asked {asked_as(self.waiting[0])}, the C did not")
        if mine != other:
            raise Difference(f"{what}: the Python gave {outcome(mine)}, the C {outcome(other)}")
        if self.steps % self.every == 0:
            self.look(what)

    def look(self, what: str) -> None:
        """Compare every mapped byte."""
        self.compared += self.memory.mapped_bytes()
        place = self.memory.differing()
        if place is not None:
            mine = self.memory.buffer[place - self.memory.base]
            other = ctypes.c_ubyte.from_address(place).value
            raise Difference(f"{what}: at {place:#x} the Python has {mine:#04x}, the C {other:#04x}")

    def word(self, name: str) -> int:
        """A field of the descriptor."""
        found = self.unit.program.field(self.unit.program.heap.__name__, name)
        assert found is not None
        return int(self.memory.read(found, self.heap))


def plain(value: Any) -> Any:
    """A result of Python as C can give it."""
    if hasattr(type(value), "FIELDS"):
        return value.address
    return tuple(plain(one) for one in value) if isinstance(value, tuple) else value


def shown(values: tuple[Any, ...]) -> str:
    """Arguments as a report shows them."""
    return f"({', '.join(hex(one) if isinstance(one, int) and one >= PAGE_SIZE else repr(one) for one in values)})"


def asked_as(one: Asked | None) -> str:
    """A question as a report shows it."""
    return "nothing" if one is None else f"{one.what}{shown(one.words)}"


def outcome(one: tuple[Any, str]) -> str:
    """How a call ended."""
    return one[1] or (hex(one[0]) if isinstance(one[0], int) and not isinstance(one[0], bool) else repr(one[0]))


def kinds_of(function: Function) -> list[Kind]:
    """The kinds of a public function's arguments, without the descriptor."""
    own = function.parameters[1:] if function.owner else function.parameters
    return [one.kind for one in own if one.kind.is_ not in ABSENT]
