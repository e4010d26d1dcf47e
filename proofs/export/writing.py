"""The lines of one function of C in the making, and the order in which its parts are evaluated.

TRUSTED: C leaves open in which order it evaluates operands and arguments; what acts, and what looks at what is
acted upon, is put into variables in the order of Python's evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from proofs.export.kinds import NEVER, Kind, settled
from proofs.export.names import Names, local
from proofs.export.values import Value, name

INDENT = "    "
ZERO_OF = {"word": "0", "int": "0", "bool": "false", "view": "NULL", "array": "NULL"}
"""What a variable holds before it holds anything."""


@dataclass
class Sheet:
    """The lines so far; ``taken`` are names that a new variable must not have."""

    names: Names
    taken: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)
    indent: int = 1
    needs_status: bool = False

    def write(self, line: str) -> None:
        """One more line."""
        self.lines.append(INDENT * self.indent + line)

    @contextmanager
    def block(self, head: str, tail: str = "}") -> Iterator[None]:
        """A block in braces."""
        self.write(f"{head} {{".lstrip())
        self.indent += 1
        yield
        self.indent -= 1
        self.write(tail)

    def captured(self, lower: Callable[[], Value], deeper: int = 0) -> tuple[list[str], Value]:
        """A value, and the lines that it needs before it, which are not written yet."""
        kept, self.lines = self.lines, []
        self.indent += deeper
        try:
            value = lower()
            return self.lines, value
        finally:
            self.lines = kept
            self.indent -= deeper

    def fresh(self, wanted: str) -> str:
        """A name for a variable that nothing else in the function has."""
        first = local(wanted)
        first += "_" if first.startswith(f"{self.names.prefix}_") else ""
        own, number = first, 2
        while own in self.taken:
            own, number = f"{first}_{number}", number + 1
        self.taken.add(own)
        return own

    def declared(self, kind: Kind, wanted: str, value: Value | None = None) -> Value:
        """A new variable that holds the value, or nothing in particular."""
        own = self.fresh(wanted)
        self.write(f"{self.names.declaration(kind, own)} = {value.text if value else zero_of(kind)};")
        return name(own, settled(kind))

    # ------------------------------------------------------------ order

    def ordered(self, lower: Sequence[Callable[[], Value]], wanted: str = "value") -> list[Value]:
        """Values that are evaluated one after the other, as Python does, whatever order C takes."""
        values, marks = [], []
        for one in lower:
            values.append(one())
            marks.append(len(self.lines))
        for number in reversed(range(len(values))):
            value, later = values[number], values[number + 1 :]
            lines = len(self.lines) > marks[number]
            acts = lines or any(one.acts for one in later)
            looks = acts or any(one.looks for one in later)
            if (value.acts and looks) or (value.looks and acts):
                values[number] = self._kept(value, marks[number], wanted)
        return values

    def _kept(self, value: Value, mark: int, wanted: str) -> Value:
        """The value in a variable, declared where it was evaluated."""
        if value.kind.is_ == "tuple":
            return value  # its items are variables
        own = self.fresh(wanted)
        kind = settled(value.kind)
        line = f"{self.names.declaration(kind, own)} = {value.text};"
        self.lines.insert(mark, INDENT * self.indent + line)
        return name(own, kind)

    def simple(self, value: Value, wanted: str = "value") -> Value:
        """The value itself if it may be written twice, else a variable that holds it."""
        return value if value.whole or value.kind is NEVER else self.declared(value.kind, wanted, value)


def zero_of(kind: Kind) -> str:
    """What a variable holds before it holds anything."""
    return ZERO_OF.get(settled(kind).is_, "{0}")
