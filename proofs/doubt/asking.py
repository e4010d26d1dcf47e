"""Pages: what a program asks the machine for, and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.arithmetic import PAGE_SIZE
from model.language.logic import implies, negate, when
from proofs.doubt.memory import FRESH, PLACE, aligned, doing, given, mapping, on_a_page
from proofs.doubt.toys import Toy, below, clause, result_is, word

KIND = "memory"
FIRST = ("if self.memory.map(4096, 0):", "    return 1", "i = 0", "while i < n:", '    loop("spec", self, i, n)')


def covered(state: Any, n: Any) -> Any:
    """The 8 bytes at ``n`` are mapped."""
    return state.mapped.covers(n, n + 8)


def not_mine(name: str, formula: Callable[[Any, Any], Any]) -> Toy:
    """A precondition denies, in its own way, that a page is the cell's; the machine is asked for that page."""
    denied = given("not_mine", lambda s, h, n: formula(s, n))
    return Toy(
        name,
        "what is not mapped by the cell is mapped by nobody",
        doing("if self.memory.is_mapped(n, 8):", "    return 1", "return 0"),
        (result_is(0),),
        requires=(word, denied),
        arguments={"n": PLACE},
        prepare=mapping(0),
        foreign=(PLACE // PAGE_SIZE,),
        above=True,
    )


none_went = clause(lambda t: t.pages_unmapped == 0, "none_went", "no page goes back")
ONCE = """
def spec(cell, i, n):
    there = cell.memory.operation.now().mapped.covers(n, n + 4096)
    return Loop([("range", "i is 0 or 1", (0 <= i) & (i <= 1)), ("there", "the page is there", (i > 0) | there)],
                1 - i, ("mapped", "byte"))
"""
TOYS = (
    not_mine("negated_cover", lambda s, n: negate(covered(s, n))),
    not_mine("cover_that_is_false", lambda s, n: covered(s, n) == False),  # noqa: E712
    not_mine("cover_that_implies_nonsense", lambda s, n: implies(covered(s, n), n < 0)),
    not_mine("choice_by_a_cover", lambda s, n: when(covered(s, n), 1, 0) == 0),
    Toy(
        "asked_in_a_loop",
        "what was asked for last was asked for before the loop",
        doing(*FIRST, "    if self.memory.map(8192, 0):", "        return 1", "    i = i + 1", "return 0"),
        (clause(lambda t: t.asked_at == 4096, "asked_at", "pages at 4096 were asked for last"),),
        spec=below(),
        above=True,
    ),
    on_a_page(
        "given_back",
        "a page that was unmapped did not go back",
        doing("self.memory.unmap(n, 1)", "return 0"),
        (none_went,),
        requires=(*FRESH, aligned),
        breaks="",
        above=True,
    ),
    on_a_page(
        "given_back_in_a_loop",
        "what a loop unmaps did not go back",
        doing(
            "i = 0",
            "while i < 1:",
            '    loop("spec", self, i, n)',
            "    self.memory.unmap(n, 1)",
            "    i = 1",
            "return 0",
        ),
        (none_went,),
        requires=(*FRESH, aligned),
        spec=ONCE,
        breaks="",
        above=True,
    ),
)
