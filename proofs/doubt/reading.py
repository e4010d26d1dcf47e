"""What a specification does, or sees of the prover, when it is evaluated."""

from __future__ import annotations

import operator
from typing import Any

from model.language.logic import Operation
from proofs.doubt.loading import DROP, SILENT
from proofs.doubt.toys import Toy, below, clause, counting, result_is, unmoved
from proofs.engine.operation import any_number

KIND = "specification"
ZERO = (result_is(0),)


def spying(name: str, invariant: str, before: str = "") -> Toy:
    """A loop whose specification sees whether a number is the prover's; CPython does not read it."""
    text = f"{before}\ndef spec(cell, i, n):\n    return Loop([('plain', 'i is plain', {invariant})], n - i)\n"
    return Toy(name, "the loop counts no round", counting("pass", "return i"), ZERO, spec=text)


SPECIFIED = (
    spying("specification_by_attribute", "not hasattr(i, 'term')"),
    spying("specification_by_kind", "type(i) is int"),
    spying("specification_by_default", "getattr(i, 'bit_count', None) is not None"),
    spying("specification_by_truth", "isinstance(i == n, bool) or i != i"),
    spying("specification_by_text", "str(i) == '0'"),
    spying("specification_by_hash", "i.bit_length() == 0 if i is ZERO else i != i", "ZERO = 0\n\n"),
    spying("specification_by_names", "'i@0' not in str(i)"),
    Toy(
        "specification_that_executes",
        SILENT,
        counting("pass", "return 1"),
        ZERO,
        spec=below().replace("    return Loop", f"    {DROP}\n    return Loop"),
    ),
    Toy(
        "specification_that_imports",
        SILENT,
        counting("pass", "return 1"),
        ZERO,
        spec=below().replace(
            "    return Loop",
            "    exec('from proofs.engine.path import Path; Path._obvious = lambda *a: True')\n    return Loop",
        ),
    ),
)


# ---------------------------------------------------------------- clauses


def first_calls_only() -> Any:
    """A formula that states nothing when it is asked a third time."""
    calls: list[int] = []

    def formula(t: Any) -> Any:
        calls.append(1)
        return t.result == 0 if len(calls) < 3 else True

    return formula


def of_numbers(t: Any) -> Any:
    """The result is 0 if it is a plain number, and else 7."""
    return t.result == 0 if type(t.result) is int else t.result == 7


seven = Operation("bump", (), unmoved, (clause(of_numbers, "of_numbers"),), changes=(), raises=(), returns="word")
TWO_WAYS = """
    def run(self, n):
        if n < 3:
            return 0
        return 1
"""
CALLING = """
    @by_contract
    def bump(self):
        return 0

    def run(self, n):
        return self.bump()
"""
KIND_OF = type
"""Another name for it."""
MADE: dict[str, int] = {}
"""What has been made so far, so that a formula can tell which operation is proved."""
WRITTEN: dict[int, int] = {}
"""What a formula writes to."""


def made() -> Any:
    """An arbitrary argument."""
    MADE["n"] = 1
    return any_number("n")


def by_what_is_made(t: Any) -> Any:
    """The result is 0 where the operation itself is proved, and 7 where it is relied on."""
    return t.result == (7 if MADE else 0)


def written(t: Any) -> Any:
    """A formula that states nothing when it is asked often enough."""
    operator.setitem(WRITTEN, len(WRITTEN), 1)
    return True if len(WRITTEN) > 1 else t.result == 0


def of_a_half(name: str, formula: Any) -> Toy:
    """A clause that states nothing of the prover's own values; of plain ones it says that the result is 0."""
    return Toy(name, "the result is 0", "\n    def run(self, n):\n        return n // 2\n", (clause(formula),))


CLAUSES = (
    of_a_half("clause_by_default", lambda t: True if getattr(t.result, "bit_count", None) is None else t.result == 0),
    of_a_half("clause_by_part", lambda t: True if getattr(t.result, "real", None) is None else t.result == 0),
    of_a_half(
        "clause_by_joined_name",
        lambda t: True if getattr(t.result, "".join(("te", "rm")), None) is not None else t.result == 0,
    ),
    of_a_half("clause_by_operator", lambda t: True if not operator.is_(t.n, 5) else t.result == 0),
    of_a_half("clause_by_kind", lambda t: True if KIND_OF(t.result) != int else t.result == 0),  # noqa: E721
    Toy("clause_that_writes", "the result is 0", TWO_WAYS, (clause(written),)),
    Toy(
        "clause_by_what_is_made",
        "what returns 0 returns 7",
        CALLING,
        (result_is(7),),
        "from model.language.annotations import by_contract",
        helpers=(
            Operation("bump", (), unmoved, (clause(by_what_is_made, "made"),), changes=(), raises=(), returns="word"),
        ),
        more={"arguments": {"n": made}},
    ),
    Toy("clause_counts_its_calls", "the result is 0", TWO_WAYS, (clause(first_calls_only(), "false"),)),
    Toy(
        "clause_by_kind_of_result",
        "what returns 0 returns 7",
        CALLING,
        (result_is(7),),
        "from model.language.annotations import by_contract",
        helpers=(seven,),
    ),
    Toy(
        "clause_that_catches",
        "the result is 0",
        "\n    def run(self, n):\n        return 1 - n // n\n",
        (clause(lambda t: t.raised == "", "returns"),),
        breaks="raises_only",
        arguments={"n": 0},
    ),
)
TOYS = (*SPECIFIED, *CLAUSES)
