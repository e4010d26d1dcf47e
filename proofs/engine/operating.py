"""The operation in progress: the abstract state that it moves, the claims that it makes, what it began with.

TRUSTED: whether the invariants still hold of a state is told here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import z3

from proofs.engine import path as paths
from proofs.engine.annotations import Specification, Specifications
from proofs.engine.ghost import SymMap
from proofs.engine.speclint import check
from proofs.engine.state import SymState
from proofs.engine.stating import stated, triples
from proofs.engine.values import SymBool, SymInt


class Stateful(Protocol):
    """What an operation asks of the memory that it works on (memory.py, which stands above)."""

    arrays: dict[str, SymMap]
    log_length: Any

    def state(self) -> SymState:
        """A snapshot."""


@dataclass
class SymOperation:
    """What loop specifications see of the operation in progress, and what the names in annotations stand for."""

    memory: Stateful
    ghost: Any
    entry: SymState
    ghost_on_entry: Any = None
    heap: Any = None
    entered: bool = False
    settled: tuple[Any, ...] = ()
    relied_on: bool = False
    words: Any = None
    outside: Any = None
    specifications: Specifications = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ghost_on_entry = self.ghost

    def settle(self) -> None:
        """The invariants are known to hold of memory and of the abstract state as they are now."""
        self.settled = self._spoken_of()

    @property
    def is_settled(self) -> bool:
        """Whether nothing of which invariants speak has changed since ``settle``."""
        now = self._spoken_of()
        return len(now) == len(self.settled) and all(a is b for a, b in zip(now, self.settled, strict=True))

    def _spoken_of(self) -> tuple[Any, ...]:
        """What invariants speak of; the number of log lines may change while no array does."""
        return (*self.memory.arrays.values(), self.memory.log_length, self.ghost)

    def ghost_now(self) -> Any:
        """The abstract state at this moment."""
        return self.ghost

    def now(self) -> SymState:
        """The state at this moment."""
        return self.memory.state()

    def specification(self, name: str) -> Specification:
        """What the name in an annotation stands for; EngineError if that is no specification."""
        if name not in self.specifications:
            raise paths.EngineError(f"no specification is called {name!r}")
        check(self.specifications[name])
        return self.specifications[name]

    def advance(self, name: str, state: tuple[Any, ...]) -> None:
        """The abstract state moves on, by the step of that name."""
        step = self.specification(name)
        before = self.ghost
        with paths.current().ghost():
            self.ghost = paths.current().pure(lambda: stated(f"the step {name}", step, self.ghost, *state))
        for part in self.outside.parts if self.outside else ():
            if getattr(before, part) is not getattr(self.ghost, part):
                raise paths.EngineError(f"a step of the abstract state changes {part}, which the program keeps itself")

    def claim(self, name: str, state: tuple[Any, ...]) -> None:
        """Show what the claim of that name says; then it is known."""
        path, claim, what = paths.current(), self.specification(name), f"the claim {name}"
        with path.ghost():
            parts = path.remembered(lambda: triples(what, claim, stated(what, claim, *state)))
        for part, sentence, term in parts:
            path.show(f"{claim.__name__}.{part}", sentence, term)

    def forget(self, parts: Collection[str]) -> None:
        """These parts of the abstract state become arbitrary."""
        if parts:
            self.ghost = replace(self.ghost, **{part: anything_like(getattr(self.ghost, part)) for part in parts})


def anything_like(value: Any) -> Any:
    """An arbitrary ghost map, set, truth or number: a part of the abstract state keeps its kind."""
    if isinstance(value, SymMap):
        return type(value).arbitrary(value.stem, value.array.range())
    if type(value) in (bool, SymBool):
        return SymBool(z3.Bool(paths.current().name("ghost")))
    if type(value) in (int, SymInt):
        return SymInt(paths.current().integer("ghost"))
    raise paths.EngineError(f"a part of the abstract state that cannot be forgotten: {value!r}")
