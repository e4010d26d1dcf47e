"""Contracts between subjects: a cell calls ``bump`` of another subject, which stands for what it promises.

In CPython both work on one cell: what is ``far`` for the prover is the other module's own text.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from model.language.logic import Clause, Operation, Subject
from proofs.doubt.case import Case, Reply, reply_of
from proofs.doubt.toys import CELL, FILE, HEAD, Toy, claimed, clause, loaded, result_is, shown, unmoved
from proofs.engine.contract import Contract
from proofs.engine.operation import Proof
from proofs.engine.runner import Options, prove

KIND = "contracts"
FAR = """
    def far(self):
        return 0
"""
"""What stands for the call of the other subject's operation; the prover and the run put that in its place."""
CALLING = """
    def run(self, n):
        return self.far()
"""

a_is_0 = Clause("a_is_0", "a is 0", lambda s, h, g, given: s.fields("Cell").a[h] == 0)
says_0 = clause(lambda t: t.result == 0, "result", "the result is right")
says_1 = clause(lambda t: t.result == 1, "result", "the result is right")
kept = clause(lambda t: t.new.fields("Cell").a[t.heap] == t.old.fields("Cell").a[t.heap], "kept", "a is kept")
returned = clause(lambda t: t.raised == "", "returned", "it returns")


def bump(demands: Sequence[Clause], **more: Any) -> Operation:
    """An operation without arguments, as it is proved or as others see it."""
    facts = {"changes": (), "raises": (), "returns": "word", **more}
    return Operation("bump", (), unmoved, tuple(demands), facts.pop("requires", ()), **facts)


@dataclass(frozen=True)
class Other:
    """A subject whose operation ``bump`` has this text, and is ``proved`` to keep that; it may call a third one."""

    body: str
    proved: Operation
    relied: Operation | None = None
    name: str = "far"
    third: str = "toy"

    @property
    def source(self) -> str:
        """The text of its module."""
        text = self.body.strip().replace("\n", "\n        ")
        return HEAD.format(before="", method=f"{FAR}\n    def bump(self):\n        {text}\n")

    @property
    def proof(self) -> Proof:
        """How the prover takes it."""
        module = types.ModuleType(self.name)
        module.__file__ = FILE
        subject = Subject(self.name, (claimed,), (self.proved,))
        invoke = seeing(Contract(self.third, self.relied, (claimed,))) if self.relied else None
        return Proof(subject, module, "Cell", ("Cell",), lambda: None, lambda: None, invoke=invoke)


def seeing(contract: Contract) -> Callable[..., Any]:
    """What calls an operation of a cell whose ``far`` goes by contract."""

    def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
        upper = type("Upper", (edition.Cell,), {"far": lambda view: contract.call()})
        return getattr(upper(memory, address), operation)(*arguments.values())

    return invoke


@dataclass(frozen=True)
class Pair:
    """A toy whose ``far`` is the first of ``others``, of which it relies on ``relied``; ``asked`` selects theorems."""

    toy: Toy
    relied: Operation
    others: Sequence[Other]
    patterns: tuple[str, ...] = ()
    given: bool = True

    def case(self, kind: str) -> Case:
        """The pair in the gallery."""
        toy = self.toy
        text = "\n\n".join((toy.source, *(other.source for other in self.others)))
        return Case(toy.name, kind, toy.statement, text, partial(asked, self), partial(shown, toy))


def asked(pair: Pair) -> Reply:
    """The prover's answer."""
    others = pair.others if pair.given else ()
    sources = {"toy": pair.toy.source, **{other.name: other.source for other in others}}
    report = prove(
        [pair.toy.proof, *(other.proof for other in others)], pair.patterns, Options(jobs=1, sources=sources)
    )
    return reply_of(report, f"toy.run.{pair.toy.false}")


def joined(others: Sequence[Other]) -> Callable[[Any, Any], Any]:
    """What sets the others up for a run: each is ``far`` for the one before it, and the first for the last."""

    def prepare(memory: Any, module: Any) -> Any:
        bodies = [vars(loaded(other.source).Cell)["bump"] for other in others]

        def view(number: int) -> Any:
            following = number % len(others)
            upper = type("Upper", (module.Cell,), {"far": lambda seen: bodies[following](view(following + 1))})
            return upper(memory, CELL)

        return view(0)

    return prepare


def pair(
    name: str,
    statement: str,
    relied: Operation,
    others: Sequence[Other],
    *,
    demands: Sequence[Clause] = (result_is(0),),
    patterns: tuple[str, ...] = (),
    given: bool = True,
    **more: Any,
) -> Pair:
    """A toy that returns what ``far`` returns."""
    more["method"] = FAR + more.get("method", CALLING)
    facts = {"more": {"invoke": seeing(Contract("far", relied, (claimed,)))}, "prepare": joined(others), **more}
    return Pair(Toy(name, statement, demands=demands, **facts), relied, others, patterns, given)


TOYS = (
    pair(
        "same_name_other_formula", "the other subject returns 0", bump((says_0,)), (Other("return 1", bump((says_1,))),)
    ),
    pair(
        "requires_dropped",
        "the other subject returns 0 whatever a is",
        bump((says_0,)),
        (Other("return self.a", bump((says_0,), requires=(a_is_0,))),),
        cell=(3, 0),
    ),
    pair(
        "calling_each_other",
        "two subjects that call each other come back",
        bump((says_0,)),
        (
            Other("return self.far()", bump((says_0,)), bump((says_0,)), third="near"),
            Other("return self.far()", bump((says_0,)), bump((says_0,)), name="near", third="far"),
        ),
        breaks="raises_only",
    ),
    pair(
        "resting_on_what_rests_on_a_lie",
        "what another subject is proved to do by a third one's false word, it does",
        bump((says_0,)),
        (
            Other("return self.far()", bump((says_0,)), bump((says_0,)), third="last"),
            Other("return 1", bump((says_0,)), name="last"),
        ),
        patterns=("toy.run", "far.bump"),
    ),
    pair(
        "not_looked_at",
        "the other subject does what its contract says, unasked",
        bump((says_0,)),
        (Other("return 1", bump((says_0,))),),
        given=False,
    ),
    pair(
        "only_the_caller",
        "the other subject does what its contract says, unselected",
        bump((says_0,)),
        (Other("return 1", bump((says_0,))),),
        patterns=("toy.run",),
    ),
    pair(
        "raises_dropped",
        "the other subject raises nothing",
        bump((returned,)),
        (
            Other(
                "if self.a != 0:\n    raise ValueError()\nreturn 0",
                bump((clause(lambda t: t.cost >= 0, "returned", "it returns"),), raises=("ValueError",)),
            ),
        ),
        demands=(returned,),
        cell=(3, 0),
    ),
    pair(
        "changes_narrowed",
        "the other subject leaves a alone",
        bump((says_0,)),
        (Other("self.a = 7\nreturn 0", bump((says_0,), changes=("Cell.a",), requires=())),),
        demands=(kept,),
    ),
    pair(
        "cost_lowered",
        "the other subject makes no access",
        bump((clause(lambda t: t.cost == 0, "cheap", "it is cheap"),)),
        (Other("return self.a", bump((clause(lambda t: t.cost <= 9, "cheap", "it is cheap"),))),),
        demands=(clause(lambda t: t.cost == 0, "free_of_charge", "it makes no access"),),
    ),
    pair(
        "result_of_another_kind",
        "the other subject returns a truth",
        bump((), returns="flag"),
        (Other("return 7", bump((), returns="word")),),
        method="""
    def run(self, n):
        x = self.far()
        if x == False:
            return 0
        if x == True:
            return 0
        return 1
""",
    ),
    pair(
        "no_such_operation",
        "another subject's operation does what is promised of it by a contract without clauses",
        bump((), returns="flag"),
        (Other("return 7", bump((), returns="word"), name="elsewhere"),),
        method="""
    def run(self, n):
        x = self.far()
        if x == False:
            return 0
        if x == True:
            return 0
        return 1
""",
    ),
    pair(
        "unproved_lemma",
        "what follows from the other subject's unproved lemma is so",
        bump((says_0,)),
        (Other("return self.a", bump((says_0,), lemmas=(a_is_0,))),),
        cell=(3, 0),
        patterns=("toy",),
    ),
)
