"""Small subjects, written out in the test that needs them: one struct with two words, one operation ``run``."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from model.language.logic import Clause, Operation, Subject
from proofs.doubt.specified import specified
from proofs.engine.operation import Proof, verify
from proofs.engine.path import Path
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Report, Verdict

HEAD = """\
from impl.layout import Struct, u8, u64, flag
from model.language.annotations import loop


{before}


class Cell(Struct, size=16):
    a = u64()
    b = u64()

{method}
"""

RETURN_N = "    def run(self, n):\n        return n\n"

claimed = Clause("claimed", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
word = Clause("word", "n is a machine word", lambda state, heap, ghost, given: (given["n"] >= 0) & (given["n"] < 2**64))


def ensures(name: str, formula: Any, sentence: str = "what the test demands", **more: Any) -> Clause:
    """A postcondition."""
    return Clause(name, sentence, formula, **more)


@dataclass
class Toy:
    """``method`` is the text of ``run``, indented as one; ``before`` stands above its class.

    ``specification``, a text by itself, is what annotations name.
    """

    method: str
    specification: str = ""
    demands: Sequence[Clause] = ()
    requires: Sequence[Clause] = (word,)
    arguments: tuple[str, ...] = ("n",)
    name: str = "toy"
    before: str = ""
    proof: Proof = field(init=False)

    def __post_init__(self) -> None:
        module = types.ModuleType("toy")
        module.__file__ = "/nowhere/toy.py"
        operation = Operation("run", self.arguments, lambda t: t.ghost, tuple(self.demands), tuple(self.requires))
        subject = Subject(self.name, (claimed,), (operation,))
        annotations = specified(self.specification)
        self.proof = Proof(subject, module, "Cell", ("Cell",), lambda: None, lambda: None, annotations=annotations)

    @property
    def source(self) -> str:
        """The text of the subject's module."""
        return HEAD.format(before=self.before.strip(), method=self.method.strip("\n"))

    def line_of(self, text: str) -> int:
        """The number of the one line that contains ``text``."""
        (number,) = [n for n, line in enumerate(self.source.splitlines(), 1) if text in line]
        return number

    def paths(self) -> list[Path]:
        """Every path of ``run``."""
        return verify(self.proof, self.proof.subject.operations[0], self.source)

    def report(self, *patterns: str, **options: Any) -> Report:
        """What the prover says of it."""
        return prove_toys([self], patterns, **options)

    def verdicts(self) -> dict[str, Verdict]:
        """Verdict by theorem, without the name of the operation."""
        prefix = f"{self.name}.run."
        return {t.id.removeprefix(prefix): t.verdict for t in self.report().theorems}

    def open(self) -> set[str]:
        """The theorems that are not proved, taking for granted what other subjects prove."""
        proved = (Verdict.PROVED, Verdict.CONDITIONAL)
        return {name for name, verdict in self.verdicts().items() if verdict not in proved}


def prove_toys(toys: Sequence[Toy], patterns: Sequence[str] = (), **options: Any) -> Report:
    """What the prover says of several toys together."""
    sources = {toy.name: toy.source for toy in toys}
    return prove([toy.proof for toy in toys], patterns, Options(**{"jobs": 1, "sources": sources, **options}))
