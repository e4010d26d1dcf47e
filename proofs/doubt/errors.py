"""Errors of the prover that the program catches, or that count as its own."""

from __future__ import annotations

from typing import Any

from model.language.logic import Clause, Operation
from proofs.doubt.toys import Toy, below, clause, counting, result_is, unmoved

KIND = "errors"
ZERO = (result_is(0),)
small = Clause("small", "n is at most 5", lambda s, h, g, given: (given["n"] >= 0) & (given["n"] <= 5))
small_n = (small,)


def tried(body: str, error: str, after: str = "return 1") -> str:
    """The method that tries ``body``, which returns 1 in CPython, and returns 0 if that ``error`` comes."""
    return f"""
    def run(self, n):
        try:
            {body}
        except {error}:
            return 0
        {after}
"""


OTHER = """
class Other(Struct, size=16):
    c = u64()
"""

RAISING = """
def spec(cell, i, n):
    if i + 0 is not i:
        raise ValueError("no")
    return Loop([("range", "i stays within n", (0 <= i) & (i <= n))], n - i)
"""

HOLDING = """
def claim(n):
    if not isinstance(n, float):
        raise ValueError("no")
    return [("fine", "n is n", n == n)]
"""

DECISIONS = """
    def run(self, n):
        i = 0
        try:
            while i < n:
                i = i + 1
        except Exception:
            return 0
        return 1 if i > 1000 else 0
"""

CAUGHT = """
    def run(self, n):
        kept = self.a
        i = 0
        try:
            while i < n:
                loop("spec", self, i, n)
                self.a = 7
                i = i + 1
        except Exception:
            self.a = kept
        return 0
"""

FINALLY = """
    def run(self, n):
        kept = self.a
        done = 0
        i = 0
        try:
            while i < n:
                loop("spec", self, i, n)
                self.a = 7
                i = i + 1
            done = 1
        finally:
            if done == 0:
                self.a = kept
            return 0
"""

DEPTH = """
    def run(self, n):
        try:
            return self.deep(n)
        except RecursionError:
            return 0

    def deep(self, n):
        if n == 0:
            return 1
        return self.deep(n - 1)
"""


def other_there(memory: Any, module: Any) -> None:
    """An Other lies behind the cell."""
    module.Other.claim(memory, 0x1_0000 + 64)


a_stays = clause(lambda t: t.new.fields("Cell").a[t.heap] == t.old.fields("Cell").a[t.heap], "a_stays", "a is kept")
raised = clause(lambda t: t.raised == "ValueError", "raises", "it always raises ValueError")

BUMP = Operation("bump", ("n", "by"), unmoved, (), (), changes=(), returns="nothing")
CALLS = """
    @by_contract
    def bump(self, n, by=1):
        return
"""
BY_CONTRACT = "from model.language.annotations import by_contract"

TOYS = (
    Toy(
        "power_caught",
        "the power is never computed",
        tried("power = n ** n", "Exception", "return 1 if power >= 0 else 0"),
        ZERO,
        requires=small_n,
    ),
    Toy("limit_of_decisions_caught", "no n is large", DECISIONS, ZERO, arguments={"n": 2000}),
    Toy(
        "type_error_caught",
        "the quotient is never computed",
        tried("half = n / 2", "TypeError"),
        ZERO,
        requires=small_n,
    ),
    Toy(
        "specification_raises",
        "the operation always raises ValueError",
        counting("pass", "return 0"),
        (raised,),
        spec=RAISING,
    ),
    Toy(
        "claim_raises",
        "the operation always raises ValueError",
        """
    def run(self, n):
        hold("claim", n)
        return 0
""",
        (raised,),
        "from model.language.annotations import hold",
        spec=HOLDING,
    ),
    Toy(
        "bare_except",
        "the power is never computed",
        tried("power = n ** n", "").replace("except :", "except:"),
        ZERO,
        requires=small_n,
    ),
    Toy("undeclared_change_caught", "the loop leaves the field a alone", CAUGHT, (a_stays,), spec=below()),
    Toy("undeclared_change_behind_finally", "the loop leaves the field a alone", FINALLY, (a_stays,), spec=below()),
    Toy(
        "suppressed",
        "the power is never computed",
        """
    def run(self, n):
        with suppress(Exception):
            n ** n
            return 1
        return 0
""",
        ZERO,
        "from contextlib import suppress",
        requires=small_n,
    ),
    Toy("attribute_error_caught", "the bits are never counted", tried("n.bit_count()", "AttributeError"), ZERO),
    Toy("recursion_caught", "the recursion never comes to its end", DEPTH, ZERO),
    Toy(
        "unknown_struct_caught",
        "the struct that the proof does not name is never written",
        tried("Other(self.memory, n).c = 1", "KeyError"),
        ZERO,
        OTHER,
        arguments={"n": 0x1_0000 + 64},
        prepare=other_there,
    ),
    Toy(
        "end_of_a_path_raised",
        "the operation returns 0 for every n",
        """
    def run(self, n):
        if n == 5:
            raise PathEnd
        return 0
""",
        ZERO,
        "from proofs.engine.path import PathEnd",
        breaks="raises_only",
    ),
    Toy(
        "path_declared_over",
        "the operation returns 0 for every n",
        """
    def run(self, n):
        if n == 5:
            if paths._paths:
                paths.current().over = True
            return 1
        return 0
""",
        ZERO,
        "from proofs.engine import path as paths",
    ),
    Toy(
        "default_argument_caught",
        "the call that leaves an argument out is refused",
        CALLS + tried("self.bump(n)", "ValueError"),
        ZERO,
        BY_CONTRACT,
        helpers=(BUMP,),
    ),
    Toy(
        "default_argument_raises",
        "the call that leaves an argument out raises ValueError",
        CALLS
        + """
    def run(self, n):
        self.bump(n)
        return 0
""",
        (raised,),
        BY_CONTRACT,
        helpers=(BUMP,),
    ),
    Toy("divmod_caught", "the quotient is never computed", tried("divmod(n, 2)", "TypeError"), ZERO),
    Toy("digits_caught", "the digits are never read", tried("int(str(n))", "ValueError"), ZERO),
    Toy("truth_caught", "the number is never negated", tried("-(n > 3)", "Exception"), ZERO),
    Toy(
        "keyword_caught",
        "the call with a keyword is refused",
        CALLS + tried("self.bump(n, by=2)", "TypeError"),
        ZERO,
        BY_CONTRACT,
        helpers=(BUMP,),
    ),
    Toy(
        "index_error_caught",
        "the entry of the table is never read",
        tried("entry = (0, 1, 2, 3, 4, 5)[n]", "Exception", "return 1 if entry >= 0 else 0"),
        ZERO,
        requires=small_n,
    ),
    Toy(
        "range_caught",
        "the rounds are never counted",
        tried("for number in range(n): pass", "Exception"),
        ZERO,
        requires=small_n,
    ),
)
