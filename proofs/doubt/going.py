"""Headers that come and go: what a field says is nothing once the header is gone and its bytes are written."""

from __future__ import annotations

from typing import Any

from model.language.logic import Clause, Operation, negate
from proofs.doubt.memory import FRESH, PLACE, doing, mapping
from proofs.doubt.toys import Toy, claimed, clause, result_is, unmoved

KIND = "memory"
STATEMENT = "the field of a header that went still reads 5"
five = clause(lambda t: t.new.fields("Cell").a[t.n] == 5, "five", STATEMENT)
BORN = ("view = Cell.claim(self.memory, n)", "view.a = 5")
FILLED = ("self.memory.fill(n, 16, 0)", "return 0")
LOOP = """
from model.language.logic import implies, negate


def spec(cell, i, n):
    state = cell.memory.state()
    there = state.claimed("Cell")
    return Loop([
        ("range", "there is one round", (0 <= i) & (i <= 1)),
        ("before", "the header is there before", implies(i == 0, there[n])),
        ("after", "the header is gone afterwards", implies(i == 1, negate(there[n]))),
        ("own", "the cell stays", there[cell.address]),
        ("no_more", "there is no other", there.all(lambda a: (a == n) | (a == cell.address))),
    ], 1 - i, CHANGES)


CHANGES = ("claimed.Cell", "byte")
"""
KEPT = """
def spec(cell, i, n):
    five = cell.memory.state().fields("Cell").a[n] == 5
    return Loop([("range", "there are 3 rounds", (0 <= i) & (i <= 3)), ("five", "it is 5", five)], 3 - i, CHANGES)


CHANGES = ("Cell.a", "Cell.b")
"""
BY_CONTRACT = "from model.language.annotations import by_contract"
RETIRE = """
    @by_contract
    def retire(self, n):
        Cell(self.memory, n).release()
"""
LOOK = """
    @by_contract
    def look(self, n):
        self.b = 0
"""


def gone(t: Any) -> Any:
    """No header is left but those that there were, without one."""
    return negate(t.new.claimed("Cell")[t.n]) & t.new.claimed("Cell").all(lambda a: t.old.claimed("Cell")[a])


there = Clause("there", "a header is there", lambda s, h, g, given: s.claimed("Cell")[given["n"]] & (given["n"] != h))
was_5 = Clause("was_5", "the field is 5", lambda s, h, g, given: s.fields("Cell").a[given["n"]] == 5)
retire = Operation(
    "retire", ("n",), unmoved, (clause(gone, "gone"),), (there,), changes=("claimed.Cell", "byte"), raises=()
)
look = Operation("look", ("n",), unmoved, (five,), (was_5,), changes=("Cell.a", "Cell.b"), raises=())


was_0 = Clause("was_0", "0 lies there", lambda s, h, g, given: s.fields("Cell").a[given["n"]] == 0)
readable = Clause(
    "readable",
    "the bytes are mapped",
    lambda s, h, g, given: s.mapped.covers(given["n"], given["n"] + 16) & (given["n"] >= 0) & (given["n"] < 2**60),
)
told = clause(lambda t: t.result == t.old.fields("Cell").a[t.n], "told", "it returns what lies there")
peek_at = Operation("peek_at", ("n",), unmoved, (told,), (readable,), changes=(), raises=(), returns="word")
PEEK = """
    @by_contract
    def peek_at(self, n):
        return self.memory.peek(Cell.a, n)
"""


def leaving(name: str, method: str, before: str = "", **more: Any) -> Toy:
    """A header is claimed, set to 5 and released; then its memory is filled."""
    return Toy(
        name, STATEMENT, method, (five,), before, requires=FRESH, arguments={"n": PLACE}, prepare=mapping(0), **more
    )


TOYS = (
    Toy(
        "filled_and_claimed",
        "a range is filled in which a header was claimed and written",
        doing("self.memory.fill(n, 64, 1)", *BORN, "return 0"),
        (clause(lambda t: t.new.bytes.filled(t.n, t.n + 64, 1), "filled", "the range is filled with 1"),),
        requires=FRESH,
        arguments={"n": PLACE},
        prepare=mapping(0),
    ),
    Toy(
        "peek_of_a_callee",
        "an operation that peeks sees what lay there before its caller filled it",
        PEEK + doing("self.memory.fill(n, 16, 1)", "return self.peek_at(n)"),
        (result_is(0),),
        BY_CONTRACT,
        requires=(*FRESH, was_0),
        arguments={"n": PLACE},
        prepare=mapping(0),
        helpers=(peek_at,),
    ),
    Toy(
        "invariant_of_the_cost",
        "what an operation loads costs nothing, as its invariant says",
        doing("return self.a - self.a"),
        (clause(lambda t: t.cost == 0, "free", "nothing is loaded"),),
        invariants=(claimed, Clause("free_of_charge", "nothing was loaded", lambda s, h, g: s.cost == 0)),
    ),
    leaving("field_of_a_header_that_went", doing(*BORN, "view.release()", *FILLED)),
    leaving(
        "field_of_a_header_that_a_loop_releases",
        doing(
            *BORN,
            "i = 0",
            "while i < 1:",
            '    loop("spec", self, i, n)',
            "    view.release()",
            "    i = i + 1",
            *FILLED,
        ),
        spec=LOOP,
    ),
    leaving(
        "field_of_a_header_that_went_kept_by_a_loop",
        doing(
            *BORN, "view.release()", "i = 0", "while i < 3:", '    loop("spec", self, i, n)', "    i = i + 1", *FILLED
        ),
        spec=KEPT,
    ),
    leaving(
        "field_of_a_header_that_a_callee_releases",
        RETIRE + doing(*BORN, "self.retire(n)", *FILLED),
        BY_CONTRACT,
        helpers=(retire,),
    ),
    leaving(
        "field_of_a_header_that_went_kept_by_a_callee",
        LOOK + doing(*BORN, "view.release()", "self.memory.fill(n, 16, 0)", "self.look(n)", "return 0"),
        BY_CONTRACT,
        helpers=(look,),
    ),
)
