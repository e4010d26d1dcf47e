"""The specification language: what the prover reads in a formula, and what the same formula says of a live state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import z3

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import defined, implies, mention, negate, when
from proofs.doubt.toys import Toy, clause, counting, requiring, result_is
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.values import SymInt

KIND = "specification"
ZERO = (result_is(0),)
NOTHING = """
    def run(self, n):
        return 0
"""


@dataclass(frozen=True)
class Things:
    """An abstract state: two sets, a map, a number."""

    members: Any
    others: Any
    values: Any
    a: Any = 0


def any_things() -> Things:
    """Anything."""
    flags, words = z3.BoolSort(), z3.IntSort()
    sets = SymSet.arbitrary("members", flags), SymSet.arbitrary("others", flags)
    return Things(*sets, SymMap.arbitrary("values", words), SymInt(paths.current().integer("a")))


def things(*members: int, a: int = 0) -> Callable[[], Things]:
    """These members, no others, and a map that is 0 but at 1."""
    return lambda: Things(GhostSet(members), GhostSet(members), GhostMap({1: 7}), a)


def stating(name: str, sentence: str, formula: Any, alive: Callable[[], Things] | None = None, **more: Any) -> Toy:
    """A program that does nothing, and a formula about any abstract state."""
    demands = (clause(formula, name, sentence),)
    facts = {"method": NOTHING, "ghost": any_things, "alive": alive or things(1, 2, 3), **more}
    return Toy(name, sentence, demands=demands, **facts)


def same_as(t: Any) -> Callable[[Any], Any]:
    """Of a member, whether it is ``n``."""
    return lambda x: defined("same", t.n, lambda y: y == x)


def caught(t: Any) -> Any:
    """A formula that takes what the prover cannot read for true."""
    try:
        return t.result.bit_count() == 0
    except AttributeError:
        return True


def read(t: Any, x: Any, y: Any) -> Any:
    """True: the map is read at these places."""
    return (t.ghost.values[x] == t.ghost.values[x]) & (t.ghost.values[y] == t.ghost.values[y])


def both(t: Any, body: Callable[[Any, Any], Any]) -> Any:
    """The map is read at two places below 2, for which ``body`` holds."""
    values = t.ghost.values
    return values.each_with(0, 2, values, 0, 2, lambda x, y: read(t, x, y) & body(x, y))


def big(t: Any) -> Any:
    """A long expression."""
    return (t.n * t.n + t.b * t.b) * (t.n + t.b) + t.n * t.b * 7


def loose(premise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """If every member meets the premise, then all are 1, or all are 2."""
    return lambda t: implies(
        t.ghost.members.all(premise), t.ghost.members.all(lambda x: x == 1) | t.ghost.members.all(lambda x: x == 2)
    )


def odd(name: str, argument: str) -> Toy:
    """A false statement about two arguments, one of which has an odd name."""
    method = "\n    def run(self, n, m):\n        return n // 2\n"
    return Toy(name, "the result is 0", method, ZERO, arguments={"n": 5, argument: 7})


def looping(spec: str, after: str = "return i", body: str = "pass") -> dict[str, Any]:
    """A loop up to ``n`` with a specification of its own."""
    return {"method": counting(body, after), "spec": spec}


COUNT_FOR_A_TRUTH = """
def spec(cell, i, n):
    return Loop([("count", "the count is not 0", i)], n - i)
"""
"""A number that is not 0 is a truth for Python; of a symbol that would say nothing of the first round."""


COUNTS = """
CALLS = []


def spec(cell, i, n):
    CALLS.append(1)
    return Loop([("first", "this is the first call", len(CALLS) == 1)], n - i)
"""

IDENTITY = """
ZERO = 0


def spec(cell, i, n):
    return Loop([("zero", "i is what it was", i is ZERO)], n - i)
"""

GENERATOR = """
def spec(cell, i, n):
    return Loop((one for one in [("small", "i is small", i < 3)]), n - i)
"""

STORES = """
def spec(cell, i, n):
    cell.a = 0
    return Loop([("range", "i stays within n", (0 <= i) & (i <= n))], n - i, ("Cell.a",))
"""

TYPES = """
def spec(cell, i, n):
    return Loop([("plain", "i is a plain number", type(i).__name__ == "int" or i != i)], n - i)
"""

ACTS = """
def step(ghost, cell):
    cell.a = 0
    return ghost
"""

TOYS = (
    stating(
        "pairs_in_pairs",
        "the first of every pair of members is the first of every other pair",
        lambda t: t.ghost.members.pairs(lambda a, b: t.ghost.members.pairs(lambda c, d: a == c)),
    ),
    stating(
        "defined_over_a_bound_variable",
        "all members are n, or none is",
        lambda t: t.ghost.members.all(same_as(t)) | t.ghost.members.all(lambda x: negate(same_as(t)(x))),
        things(5, 6),
    ),
    stating(
        "defined_as_length",
        "the result is -1, if a function called length adds 1",
        lambda t: (defined("length", t.n, lambda x: x + 1) >= 0) & (t.result == -1),
        method="\n    def run(self, n):\n        return n.bit_length()\n",
    ),
    stating(
        "defined_as_power",
        "the result is 0, if a function called power is 0",
        lambda t: (defined("power", t.n, lambda x: x - x) == 0) & (t.result == 0),
        method="\n    def run(self, n):\n        return 1 << n\n",
        requires=(requiring("n_is_small", lambda n: (n >= 0) & (n < 60)),),
    ),
    stating(
        "or_in_a_premise",
        "members that are 1 or 2 are all 1, or all 2",
        loose(lambda x: (x == 1) or (x == 2)),  # noqa: PLR1714
        things(1, 2),
    ),
    stating(
        "condition_in_a_premise",
        "members that are 1 or 2 are all 1, or all 2, by a conditional expression",
        loose(lambda x: x == 1 if x < 2 else x == 2),
        things(1, 2),
    ),
    stating(
        "ghost_called_a",
        "the number a is a long expression",
        lambda t: (t.ghost.a == big(t)) & ((big(t) >= 0) | (big(t) < 0)),
        things(1, a=3),
        method="\n    def run(self, n, b, a):\n        return 0\n",
        arguments={"n": 5, "b": 6, "a": 7},
    ),
    odd("argument_called_true", "true"),
    odd("argument_called_select", "select"),
    odd("argument_with_a_bar", "m| Int) (assert false) (declare-const |k"),
    odd("argument_with_a_bracket", "m) (assert false"),
    odd("argument_with_a_backslash", "m\\| Int) (assert false) (declare-const |k"),
    odd("argument_of_two_lines", "m\n(assert false)"),
    odd("argument_called_as_a_let", "a!1"),
    odd("argument_called_as_a_fact", "heap"),
    stating(
        "each_in_each",
        "a map that is read in two rounds is read at one place",
        lambda t: both(t, lambda x, y: both(t, lambda u, v: u == x)),
    ),
    stating(
        "pair_in_a_pair",
        "what differs from one number differs from no other",
        lambda t: t.ghost.values.each_pair(
            0, 3, lambda x, y: read(t, x, y) & t.ghost.values.each_pair(0, 3, lambda u, v: read(t, u, v) & (u == x))
        ),
    ),
    stating(
        "redefined_in_a_pair",
        "a map redefined by a bound number holds that number at every place",
        lambda t: both(t, lambda x, y: t.ghost.values.redefined(lambda z: z - x)[1] == 0),
    ),
    stating(
        "defined_as_mentioned",
        "the result is 0, if a function called mentioned is false",
        lambda t: mention(t.n) & negate(defined("mentioned", t.n, lambda x: x > x + 1)) & (t.result == 0),
        method="\n    def run(self, n):\n        return 1\n",
    ),
    stating("sets_that_differ", "two sets differ", lambda t: t.ghost.members != t.ghost.others),
    stating("a_set_as_a_truth", "a set has members", lambda t: t.result == (0 if t.ghost.members else 1), things()),
    stating(
        "error_taken_for_true", "the result has no bits", caught, method="\n    def run(self, n):\n        return n\n"
    ),
    stating(
        "premise_by_nested_conditions",
        "members that are 1 or 2 are all 1, or all 2, by two conditional expressions",
        loose(lambda x: when(x > 5, x < 5, x == 2) if x > 1 else x == 1),
        things(1, 2),
    ),
    stating(
        "premise_by_any",
        "members that are 1 or 2 are all 1, or all 2, by a search",
        loose(lambda x: next((truth for truth in (x == 1, x == 2) if truth), x > x + 1)),
        things(1, 2),
    ),
    stating(
        "kind_of_a_result",
        "the result is no plain number",
        lambda t: type(t.result).__name__ != "int",
        method="\n    def run(self, n):\n        return n // 2\n",
    ),
    Toy("specification_counts_its_calls", "the loop is never left", demands=ZERO, **looping(COUNTS)),
    Toy("number_for_a_truth_in_a_loop", "the loop counts no round", demands=ZERO, **looping(COUNT_FOR_A_TRUTH)),
    stating(
        "quotient_of_a_negative",
        "what is below 0 by 1, divided by a power of two, is 0",
        lambda t: implies(t.n < 64, (0 - t.n - 1) // (1 << t.n) == 0),
    ),
    stating(
        "product_of_a_negative",
        "what is below 0, times a power of two, is not",
        lambda t: implies(t.n < 64, (0 - t.n) * (1 << t.n) >= 0),
    ),
    stating(
        "quotient_by_another_power",
        "a quotient by a power of two is that by the next",
        lambda t: implies(t.n < 64, 1000 // (1 << t.n) == 1000 // (1 << (t.n + 1))),
    ),
    stating("number_for_a_truth", "the result plus 1 is a truth", lambda t: t.result + 0),
    stating("nothing_for_a_truth", "what is not said holds", lambda t: None),
    Toy("specification_by_identity", "the loop counts no round", demands=ZERO, **looping(IDENTITY)),
    Toy(
        "invariants_of_a_generator",
        "the count stays below 3",
        demands=(clause(lambda t: t.result < 3, "small", "the result is small"),),
        **looping(GENERATOR),
    ),
    Toy(
        "specification_stores",
        "the loop sets a to 0",
        demands=(clause(lambda t: t.new.fields("Cell").a[t.heap] == 0, "a_is_0", "a is 0"),),
        cell=(3, 0),
        arguments={"n": 0},
        requires=(requiring("no_round", lambda n: n == 0),),
        **looping(STORES),
    ),
    Toy("specification_by_type", "the loop counts no round", demands=ZERO, **looping(TYPES)),
    Toy(
        "step_stores",
        "moving the abstract state sets a to 0",
        '\n    def run(self, n):\n        advance("step", self)\n        return 0\n',
        (clause(lambda t: t.new.fields("Cell").a[t.heap] == 0, "a_is_0", "a is 0"),),
        "from model.language.annotations import advance",
        spec=ACTS,
        cell=(3, 0),
    ),
)
