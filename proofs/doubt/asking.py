"""Pages: what a program asks the machine for, and what it is told."""

from __future__ import annotations

from proofs.doubt.memory import doing
from proofs.doubt.toys import Toy, below, clause

KIND = "memory"
FIRST = ("if self.memory.map(4096, 0):", "    return 1", "i = 0", "while i < n:", "    loop(spec, self, i, n)")

TOYS = (
    Toy(
        "asked_in_a_loop",
        "what was asked for last was asked for before the loop",
        doing(*FIRST, "    if self.memory.map(8192, 0):", "        return 1", "    i = i + 1", "return 0"),
        (clause(lambda t: t.asked_at == 4096, "asked_at", "pages at 4096 were asked for last"),),
        below(),
        above=True,
    ),
)
