"""Functions by contract: the caller shows what is required, and knows what is ensured, no more."""

from dataclasses import replace

import pytest
import z3

from model.language.logic import Clause, Operation
from proofs.engine import path as paths
from proofs.engine.functions import Stateless
from proofs.engine.operation import verify
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.values import SymBool, SymInt
from proofs.engine.verdict import Verdict
from tests.toys import Toy, ensures

TWICE = """
def twice(n):
    {0}
    return n + n
"""
CALLER = """
    def run(self, n):
        return twice(n)
"""
small = Clause("small", "n is small", lambda state, heap, ghost, given: (given["n"] >= 0) & (given["n"] < 100))
doubles = ensures("doubles", lambda t: True if t.raised else t.result == 2 * t.n)


def contract(*clauses: Clause, requires=(), raises=(), stateless=True) -> Stateless:
    """What is said of ``twice``."""
    operation = Operation("twice", ("n",), lambda t: t.ghost, clauses, requires, raises=raises, stateless=stateless)
    return Stateless(operation, lambda: SymInt(paths.current().integer("result")))


def open_theorems(
    how: Stateless, body: str = "pass", demands=(doubles,), requires=(small,), own: bool = False
) -> set[str]:
    """The unproved theorems of ``run``, or with ``own`` those of ``twice`` itself."""
    toy = Toy(CALLER, "", demands, requires, before=TWICE.format(body))
    subject = replace(toy.proof.subject, operations=(how.operation, *toy.proof.subject.operations))
    call = lambda edition, memory, address, name, given: (  # noqa: E731 - a function of one line
        edition.twice(given["n"]) if name == "twice" else edition.Cell(memory, address).run(given["n"])
    )
    proof = replace(toy.proof, subject=subject, functions=(how,), invoke=call)
    report = prove([proof], (), Options(jobs=1, sources={"toy": toy.source}))
    mine = f"toy.{'twice' if own else 'run'}."
    open_ = {
        t.id.removeprefix(mine) for t in report.theorems if t.id.startswith(mine) and t.verdict is not Verdict.PROVED
    }
    return open_ - {"rests"}


def test_what_the_contract_ensures_is_known_whatever_the_function_does():
    assert open_theorems(contract(doubles), body="n = 5") == set()


def test_what_it_does_not_ensure_is_unknown_whatever_the_function_does():
    positive = ensures("positive", lambda t: t.result >= 0)
    assert open_theorems(contract(positive)) == {"doubles"}


def test_the_function_itself_is_proved_by_its_own_text():
    assert open_theorems(contract(doubles, requires=(small,)), own=True) == set()
    assert open_theorems(contract(doubles, requires=(small,)), body="n = 5", own=True) == {"doubles"}


def test_the_caller_shows_what_is_required():
    tiny = Clause("tiny", "n is tiny", lambda state, heap, ghost, given: given["n"] < 10)
    assert open_theorems(contract(doubles, requires=(tiny,))) == {"twice_tiny"}
    assert open_theorems(contract(doubles, requires=(small,))) == set()


def test_an_exception_of_the_contract_reaches_the_caller():
    raises = ensures("raises", lambda t: (t.raised == "NotValid") == (t.n > 50))
    quiet = ensures("quiet", lambda t: not t.raised)
    how = contract(doubles, raises, raises=("NotValid",))
    assert open_theorems(how, demands=(quiet,)) == {"quiet", "raises_only"}
    tame = Clause("tame", "n is at most 50", lambda state, heap, ghost, given: (given["n"] <= 50) & (given["n"] >= 0))
    assert open_theorems(how, demands=(quiet,), requires=(tame,)) == set()


def test_a_stateless_operation_that_loads_is_noticed():
    toy = Toy("\n    def run(self, n):\n        return self.a\n")
    stateless = replace(toy.proof.subject.operations[0], stateless=True, requires=toy.proof.subject.invariants)
    assert toy.proof.subject.invariants[0].name == "claimed"
    law = Clause("claimed", "", lambda state, heap, ghost, given: state.claimed("Cell")[heap])
    subject = replace(toy.proof.subject, operations=(replace(stateless, requires=(law,)),))
    report = prove([replace(toy.proof, subject=subject)], (), Options(jobs=1, sources={"toy": toy.source}))
    assert [t.id for t in report.theorems if t.verdict is not Verdict.PROVED] == ["toy.run.stateless"]


@pytest.mark.parametrize("act", ['self.memory.log("a line", n)', "self.memory.map(n, 0)"])
def test_a_stateless_operation_leaves_no_line_and_asks_for_no_page(act):
    toy = Toy(f"\n    def run(self, n):\n        {act}\n        return 0\n")
    stateless = replace(toy.proof.subject.operations[0], stateless=True)
    proof = replace(toy.proof, subject=replace(toy.proof.subject, operations=(stateless,)))
    with pytest.raises(EngineError, match="stateless and logs"):
        verify(proof, stateless, toy.source)


def test_only_stateless_operations_can_stand_for_calls():
    toy = Toy(CALLER, before=TWICE.format("pass"))
    proof = replace(toy.proof, functions=(contract(stateless=False),))
    with pytest.raises(EngineError, match="not stateless"):
        verify(proof, proof.subject.operations[0], toy.source)


def test_a_contract_of_a_function_that_is_not_there_is_an_error():
    toy = Toy(CALLER.replace("twice(n)", "n"))
    how = contract(doubles)
    proof = replace(toy.proof, functions=(how,))
    with pytest.raises(EngineError, match="nobody proves twice"):
        verify(proof, proof.subject.operations[0], toy.source)
    proved = replace(proof, subject=replace(proof.subject, operations=(how.operation, *proof.subject.operations)))
    with pytest.raises(EngineError, match="no module has a function called twice"):
        verify(proved, proof.subject.operations[0], toy.source)


def test_a_contract_that_says_something_else_than_what_is_proved_is_an_error():
    toy = Toy(CALLER, before=TWICE.format("pass"))
    triples = ensures("doubles", lambda t: t.result == 3 * t.n)
    operations = (contract(doubles).operation, *toy.proof.subject.operations)
    proof = replace(
        toy.proof, subject=replace(toy.proof.subject, operations=operations), functions=(contract(triples),)
    )
    with pytest.raises(EngineError, match="nobody proves twice"):
        verify(proof, proof.subject.operations[1], toy.source)


def test_a_stand_in_returns_what_the_function_was_seen_to_return():
    how = contract(doubles)
    flag = replace(how, result=lambda: SymBool(z3.Bool(paths.current().name("result"))))
    assert "executes" in open_theorems(flag, own=True)


HELD = """
def claim(i, n):
    return [("follows", "i follows n", {0})]
"""
HOLDER = """
    def run(self, n):
        i = n + 1
        hold("claim", i, n)
        return i
"""


@pytest.mark.parametrize(("claim", "open_"), [("i == n + 1", set()), ("i == n", {"claim.follows"})])
def test_a_claim_is_shown_where_it_stands(claim, open_):
    toy = Toy(HOLDER, HELD.format(claim), requires=(small,), before="from model.language.annotations import hold")
    report = toy.report()
    assert {t.id.split(".", 2)[2] for t in report.theorems if t.verdict is not Verdict.PROVED} == open_


def test_what_a_clause_says_of_a_result_is_not_proved_of_an_end_that_has_none():
    raises = ensures("raises", lambda t: (t.raised == "NotValid") == (t.n > 50))
    halves = ensures("halves", lambda t: t.result // 2 == t.n)
    how = contract(doubles, raises, raises=("NotValid",))
    assert open_theorems(how, demands=(halves,)) >= {"halves", "raises_only"}


def test_a_lemma_about_such_an_end_does_not_hide_that_it_comes():
    raises = ensures("raises", lambda t: (t.raised == "NotValid") == (t.n > 50))
    halves = replace(ensures("halves", lambda t: t.result // 2 == t.n), lemma=True)
    how = contract(doubles, raises, raises=("NotValid",))
    assert open_theorems(how, demands=(halves,)) >= {"halves", "raises_only"}
