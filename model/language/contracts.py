"""Clauses that contracts have in common: what is refused, what then stays as it is, and what a call costs.

Part of the specifications that use it: `drystone spec` prints each formula with what it stands for there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Any

from model.language.laws import Beforehand, View
from model.language.logic import Clause, Only, Transition, Truth, Word, clause, implies, negate
from model.language.words import is_word, unchanged


@dataclass(frozen=True)
class Applied:
    """The formula of a clause that says of a call what the ``law`` says of what ``to`` makes of the call."""

    law: Clause
    to: Callable[[Transition], Transition]

    def __call__(self, t: Transition) -> Truth:
        """The law, of that."""
        return self.law.formula(self.to(t))


def applied(law: Clause, to: Callable[[Transition], Transition], when: Callable[[Transition], bool]) -> Clause:
    """The law as a clause about such ends of a call, of each of which it speaks as ``to`` says."""
    return replace(law, formula=Only(when, Applied(law, to)))


@dataclass(frozen=True)
class Shown:
    """The formula of an invariant that says the ``law`` of what the ``view`` shows."""

    law: Clause
    view: View

    def __call__(self, state: Any, heap: Word, ghost: Any) -> Truth:
        """The law, of that."""
        return self.law.formula(self.view(state, heap, ghost))


def shown(laws: Sequence[Clause], view: View) -> tuple[Clause, ...]:
    """The laws as invariants: each speaks of what the ``view`` shows."""
    return tuple(replace(law, formula=Shown(law, view)) for law in laws)


def beforehand(law: Clause, name: str = "", part: str = "") -> Clause:
    """The clause that an invariant holds where an operation is called, though it is none of the operation's own.

    It may speak of one ``part`` of the abstract state.
    """
    return Clause(name or law.name, law.sentence, Beforehand(law, part))


def raises(error: str, exactly: str, *, covers: str = "") -> Callable[[Callable[[Transition], Truth]], Clause]:
    """Turn the condition on which an operation raises ``error`` into the clause that says so; then nothing changes."""

    def wrap(condition: Callable[[Transition], Truth]) -> Clause:
        def formula(t: Transition) -> Truth:
            raised = t.raised == error
            return (raised == condition(t)) & implies(raised, unchanged(t))

        formula.__name__ = condition.__name__
        return clause(f"{error} exactly {exactly}; then nothing changes", covers=covers)(formula)

    return wrap


def takes_words(name: str, exactly: str, *arguments: str) -> Clause:
    """The clause that ValueError is raised ``exactly`` where one of the arguments is no machine word."""

    def formula(t: Transition) -> Truth:
        raised = t.raised == "ValueError"
        words = reduce(and_, [is_word(t.arguments[argument]) for argument in arguments])
        return (raised == negate(words)) & implies(raised, unchanged(t))

    return Clause(name, f"ValueError exactly {exactly} is no machine word; then nothing changes", formula)


def changes_nothing(name: str, sentence: str, unless: Callable[[Transition], bool], covers: str = "") -> Clause:
    """The clause that nothing in memory changes ``unless`` the call came to that end."""

    def formula(t: Transition) -> Truth:
        return True if unless(t) else unchanged(t)

    return Clause(name, sentence, formula, tuple(covers.split()))


def costs(name: str, most: Word, of: str = "loads and stores", covers: str = "") -> Clause:
    """The clause that a call costs at most so many loads and stores, whatever its state and arguments."""

    def formula(t: Transition) -> Truth:
        return t.cost <= most

    return Clause(name, f"the call costs at most {most} {of}", formula, tuple(covers.split()))
