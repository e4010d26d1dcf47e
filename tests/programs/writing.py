"""What the generator of programs keeps while it writes one: the lines, the locals in scope, the decisions left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random

WORD, FLAG, MAYBE, NODE, PAIR, TUPLE, NOTHING = "word", "flag", "maybe", "node", "pair", "tuple", "nothing"
ADDER, TABLE = "adder", "table"
"""The kinds of values: a word, a truth, a word or None, a view of a Node, a record, two words, None; a record that can
be called, four words of one byte side by side."""


@dataclass(frozen=True)
class Place:
    """Where a statement stands, and what may stand there."""

    looping: bool = False
    protected: bool = False
    final: bool = False
    handling: bool = False
    cut: bool = False
    trying: bool = False
    depth: int = 0

    def inside(self, **changes: bool) -> Place:
        """The place one level deeper."""
        return replace(self, depth=self.depth + 1, **changes)


@dataclass(frozen=True)
class Function:
    """A function of the program: how it is called, what it takes and gives."""

    call: str
    takes: tuple[str, ...]
    gives: str
    method: bool


@dataclass
class Sheet:
    """One program in the making.

    ``left`` is how many decisions a path may still take, ``rounds`` how often what is written now is executed at most.
    ``kept`` are locals that a loop counts with: nothing else assigns to them.  ``gives`` is the kind that is returned.
    """

    random: Random
    left: int
    lines: list[str] = field(default_factory=list)
    indent: int = 0
    locals: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    functions: list[Function] = field(default_factory=list)
    number: int = 0
    rounds: int = 1
    has_self: bool = True
    gives: str = NOTHING

    def write(self, line: str) -> None:
        """One more line."""
        self.lines.append("    " * self.indent + line)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """An indented block; the locals that it binds are out of scope behind it."""
        self.write(head)
        before = dict(self.locals)
        self.indent += 1
        length = len(self.lines)
        yield
        if len(self.lines) == length:
            self.write("pass")
        self.indent -= 1
        self.locals = before

    def fresh(self) -> str:
        """A name that was not used yet."""
        self.number += 1
        return f"v{self.number}"

    def afford(self, decisions: int) -> bool:
        """Whether so many decisions more are left; then they are taken."""
        if decisions * self.rounds > self.left:
            return False
        self.left -= decisions * self.rounds
        return True

    def one_of(self, kind: str) -> str | None:
        """A local of that kind."""
        there = [name for name, its in self.locals.items() if its == kind]
        return self.random.choice(there) if there else None

    def chance(self, percent: int) -> bool:
        """Whether something happens that does so in ``percent`` of all cases."""
        return self.random.randrange(100) < percent
