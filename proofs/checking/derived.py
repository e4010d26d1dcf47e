"""A world for a subject that has none of its own: its operations are called with arguments drawn at random.

What is needed of the subject stands in its contract and its proof (plain.py): the operations, what each requires, and
the empty state.  A call is made where the contract speaks of it; others are left out.

    0x7000                 AREA                          AREA + 16 pages
    | descriptor page | ... | pages for the subject's own use, filled with garbage | ...
"""

from __future__ import annotations

import random
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from impl.arithmetic import PAGE_SIZE
from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Operation
from proofs import registry
from proofs.checking.bench import Bench, call_method
from proofs.checking.campaign import WorldMachine
from proofs.checking.harness import Checked
from proofs.checking.text import shown
from proofs.checking.violation import PreconditionError, SpecificationError
from proofs.checking.world import DESCRIPTOR, GUARD_BYTE, World
from proofs.engine.candidate import WINDOW
from proofs.engine.lineage import class_in
from proofs.plain import made_of, words_of

AREA = 0x10000
PAGES = 16
SIZES = (0, 1, 2, 3, 7, 8, 15, 16, 17, 24, 32, 40, 48, 64, 65, 80, 96, 128, 160, 256, 1024, PAGE_SIZE, 3 * PAGE_SIZE)
WILD = (-1, 2**16, 2**32, 2**63, 2**64 - 4096, 2**64 - 16, 2**64 - 1, 2**64)
NEAR = (0, 0, 0, 0, 1, 8, 16, -8, -16, -1, 64)
BESIDE = (0, 0, 0, 0, 0, 0, 1, 8, -16)
"""Arguments: sizes and counts, numbers that are no address or no word, and what lies near an address that is known."""
RECENT = 6
"""So many results are remembered, to be handed back, even twice."""
OFTEN = 8
"""So much more often than those that begin anew other operations are called."""
TRIES = 20
"""So often arguments are drawn until the operation speaks of them."""
STORIES, CHAPTER = 12, 60
"""Worlds of a story, and calls in each."""

EMPTY: Mapping[str, Callable[[], Any]] = {
    "Word": lambda: 0,
    "Truth": lambda: False,
    "GhostSet": GhostSet,
    "GhostMap": GhostMap,
    "FlagMap": lambda: GhostMap(default=False),
}
"""A part of an abstract state (plain.py) in which nothing is yet."""

Pick = Callable[[Sequence[Any]], Any]


class NothingDerived(registry.Mistake):
    """A subject for which no world can be made up."""


class DerivedWorld(World):
    """A world around one subject, with pages for its own use."""

    bench: ClassVar[Bench]

    def __init__(self, frames: int = 128, edition: types.ModuleType | None = None, every: int = 1) -> None:
        super().__init__(frames, edition, every)
        self.machine.memory.map(AREA, PAGES)
        self.machine.memory.fill(AREA, PAGES * PAGE_SIZE, GUARD_BYTE)
        self.checked.memory.watch.paged = True
        self.results: list[int] = []

    @classmethod
    def imported(cls) -> str:
        """The lines of a script that make this class known."""
        return f"from {__name__} import world_of\n\n{cls.__name__} = world_of({cls.bench.subject.name!r})"

    def run(self, operation: str, *arguments: Any) -> None:
        """One call, if the contract speaks of it."""
        self.note("run", repr(operation), *map(repr, arguments))
        try:
            t = self.call(operation, *arguments)
        except PreconditionError:
            self.journal.pop()
            return
        if type(t.result) is int and t.result not in self.results:
            self.results = [*self.results, int(t.result)][-RECENT:]

    def stand(
        self, heap: int, pages: Sequence[int], headers: Mapping[str, Mapping[int, Mapping[str, Any]]], parts: Any
    ) -> None:
        """The machine is as somebody proposes: these pages, these headers, this abstract state; nothing is believed.

        Before the next call every invariant is evaluated: where one does not hold, no theorem speaks of it.
        """
        self.note("stand", str(heap), repr(list(pages)), repr(headers), repr(parts))
        if heap <= 0:
            raise PreconditionError("descriptor: a descriptor lies above address 0")
        for page in pages:
            self.machine.memory.map(page * PAGE_SIZE, 1)
            self.machine.memory.fill(page * PAGE_SIZE, PAGE_SIZE, GUARD_BYTE)
        memory = self.checked.memory
        self.checked.heap.release()
        for struct, places in headers.items():
            kind = class_in(self.checked.module, struct)
            for address, fields in places.items():
                view = kind.claim(memory, address)
                for name, value in fields.items():
                    setattr(view, name, value)
        self.checked = Checked(self.bench, self.machine, heap, self.edition, self.checked.every)
        self.checked.memory.watch.paged = True
        self.checked.ghost = ghost_of(registry.proof_of(self.bench.subject.name).state, parts)

    def run_there(self, operation: str, *arguments: Any) -> None:
        """One call; PreconditionError if the contract does not speak of it."""
        self.note("run_there", repr(operation), *map(repr, arguments))
        self.call(operation, *arguments)

    def step(self, pick: Pick) -> None:
        """One call, with what ``pick`` chooses."""
        operation = pick(self._offered())
        self.run(operation.name, *self._arguments(operation, pick))

    def _offered(self) -> list[Operation]:
        """The operations; before one that establishes the invariants succeeded only such, and then seldom one."""
        beginning = [one for one in self.bench.subject.operations if one.establishes]
        others = [one for one in self.bench.subject.operations if not one.establishes]
        unborn = self.checked.damaged and bool(beginning)
        return beginning if unborn else [*others * OFTEN, *beginning]

    def _arguments(self, operation: Operation, pick: Pick) -> tuple[Any, ...]:
        """Arguments of which the operation speaks, if some are found soon."""
        for _ in range(TRIES):
            drawn = tuple(self._argument(operation.kinds.get(name, "word"), pick) for name in operation.arguments)
            if not operation.requires or self._meant(operation, drawn):
                break
        return drawn

    def _argument(self, kind: str, pick: Pick) -> Any:
        if kind == "flag":
            return pick((False, True))
        if kind == "bytes":
            return bytes(pick(SIZES[:16]) * (pick(range(256)),))
        source = pick(("size", "known", "known", "wild", "result", "result", "result"))
        if source == "result" and self.results:
            return pick(self.results) + pick(BESIDE)
        if source in ("result", "known"):
            return pick([AREA, AREA + 16 * pick(range(64)), DESCRIPTOR, *self._words()]) + pick(NEAR)
        return pick(SIZES if source == "size" else WILD)

    def _words(self) -> list[int]:
        """The words of the abstract state: where things begin and end."""
        return [] if self.checked.damaged else list(words_of(self.checked.ghost).values())

    def _meant(self, operation: Operation, arguments: tuple[Any, ...]) -> bool:
        """Whether what the operation requires holds."""
        named = dict(zip(operation.arguments, arguments, strict=True))
        state, heap = self.checked.state(), self.checked.address
        return all(clause.formula(state, heap, self.checked.ghost, named) for clause in operation.requires)


def derivable(name: str) -> bool:
    """Whether a world can be made up for a subject: its state is a plain record, its operations are methods."""
    proof = registry.proof_of(name)
    return proof.state is not None and proof.invoke is None and not proof.outside.words and not proof.outside.parts


def ghost_of(state: Any, parts: Mapping[str, Any]) -> Any:
    """The abstract state that literals stand for: numbers, members of a set, a map and what else it holds.

    A map is set at every address of the window: what is redefined, or asked everywhere, leaves none of them out.
    """

    def part(kind: str, called: str) -> Any:
        value = parts[called]
        if kind == "GhostSet":
            return GhostSet(value)
        if kind not in ("GhostMap", "FlagMap"):
            return value
        entries, elsewhere = value
        return GhostMap({x: entries.get(x, elsewhere) for x in range(WINDOW)}, EMPTY[kind]().default)

    return made_of(state, part)


def empty_of(state: type[Any]) -> Any:
    """The abstract state that a run begins with."""
    return made_of(state, lambda kind, name: EMPTY[kind]())


@cache
def world_of(name: str) -> type[DerivedWorld]:
    """The world of a subject; NothingDerived if none can be made up."""
    if not derivable(name):
        raise NothingDerived(f"{name}: no world can be made up; write live/world.py, live/story.py and live/rules.py")
    proof = registry.proof_of(name)
    state: Any = proof.state
    bench = Bench(
        proof.subject,
        proof.module,
        proof.heap,
        proof.structs,
        lambda: empty_of(state),
        _not_read,
        lambda ghost: 0,
        _words_shown,
        invoke=call_method,
    )
    return type(f"{proof.heap}World", (DerivedWorld,), {"bench": bench})


def _words_shown(state: Any, heap: int, ghost: Any) -> str:
    """The words of the abstract state."""
    return "  " + ", ".join(f"{name} = {shown(value)}" for name, value in words_of(ghost).items())


def _not_read(state: Any, heap: int) -> Any:
    raise SpecificationError(
        "the abstract state is not read out of RAM in a world that was made up: write live/bench.py"
    )


def story(opening: Callable[..., Any]) -> None:
    """Some worlds, in each a number of calls: always the same ones."""
    for number in range(STORIES):
        world, chance = opening(), random.Random(number)
        for _ in range(CHAPTER):
            world.step(chance.choice)


class Derived:
    """Random histories of a subject in the world that was made up for it; it stands for a module live/rules.py."""

    def __init__(self, name: str) -> None:
        self.machine: type[WorldMachine] = type("Machine", (DerivedMachine,), {"kind": world_of(name)})


class DerivedMachine(WorldMachine):
    """Calls of any operation with any arguments."""

    kind: ClassVar[type[DerivedWorld]]
    world: DerivedWorld

    @initialize()
    def begin(self) -> None:
        """A machine on which nothing was called yet."""
        self.enter(self.kind(edition=self.edition))

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """A call."""
        self.count()
        self.world.step(lambda choices: data.draw(st.sampled_from(choices)))
