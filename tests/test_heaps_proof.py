"""Our heaps owe what every heap owes because their contracts say so: weaken one, and what rests on it falls."""

from dataclasses import replace

import pytest

from model.heaps.contract import CALLS, operation_of
from model.heaps.kinds import KINDS
from model.language.logic import Clause, Operation
from proofs import registry
from proofs.checking.violation import PreconditionError, Violation
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from proofs.heaps.live import scenario
from proofs.heaps.proof import PROOF
from proofs.heaps.subject import SUBJECT

OPEN = (Verdict.REFUTED, Verdict.UNKNOWN)

NEEDED = [
    ("segment_heap_free", "keeps_live_blocks", "payloads_kept"),
    ("segment_heap_allocate", "holds_live_blocks", "no_new_damage"),
    ("block_heap_kzalloc", "is_zero", "zeroed"),
    ("bin_heap_malloc", "zero_gives_null", "aligned"),
    ("bin_heap_realloc", "overlaps_none", "realloc_takes_nobodys"),
    ("bin_heap_realloc_zero", "holds_live_blocks", "realloc_gives_up"),
    ("bucket_heap_extend", "keeps_live_blocks", "all_bytes_stay"),
]
"""An operation, what it owes, and the clause of the heap's own contract that it takes for that."""
TOO_MUCH = [
    ("segment_heap_allocate", "is_aligned", lambda t: t.result % 32 == 0),
    ("bucket_heap_alloc", "is_aligned", lambda t: t.result % 16 == 0),
]
"""An operation, what it owes, and what it does not owe."""


def verdict(operation: Operation, theorem: str) -> Verdict:
    """What becomes of a theorem of that operation."""
    proof = replace(PROOF, subject=replace(SUBJECT, operations=(operation,)), hints={})
    name = f"heaps.{operation.name}.{theorem}"
    (result,) = [one for one in prove([proof], (name,), Options(jobs=1, only=True)).theorems if one.id == name]
    return result.verdict


@pytest.mark.slow
@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize(("operation", "theorem", "clause"), NEEDED)
def test_no_clause_can_be_spared(monkeypatch, operation, theorem, clause):
    call = CALLS[operation]
    fewer = [law for law in call.operation.ensures if law.name != clause]
    assert len(fewer) == len(call.operation.ensures) - 1
    monkeypatch.setitem(CALLS, operation, replace(call, operation=replace(call.operation, ensures=fewer)))
    assert verdict(SUBJECT.operation(operation), theorem) in OPEN


@pytest.mark.slow
@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize(("operation", "theorem", "more"), TOO_MUCH)
def test_what_a_heap_does_not_owe_is_not_proved(operation, theorem, more):
    call = CALLS[operation]

    def stronger(law: Clause) -> Clause:
        return replace(law, formula=lambda t: law.formula(t) & more(t)) if law.name == theorem else law

    owes = replace(call.owes, ensures=tuple(map(stronger, call.owes.ensures)))
    assert verdict(operation_of(replace(call, owes=owes)), theorem) in OPEN


def test_every_public_operation_of_a_heap_is_some_call_or_grants_and_frees_nothing():
    left_out = {"init", "create", "kheap_init", "destruct", "destroy", "memset"}
    for heap in KINDS:
        called = {call.operation.name for call in CALLS.values() if call.heap == heap}
        assert set(registry.public_of(heap).names) - called <= left_out


def test_running_heaps_meet_every_premise_and_keep_what_they_owe():
    operations = scenario.witness().operations
    assert operations.keys() == {operation.name for operation in SUBJECT.operations}
    assert all(operation.calls == operation.satisfied > 0 for operation in operations.values())


def test_a_promise_that_a_heap_does_not_keep_is_seen_in_a_run(monkeypatch):
    kind = KINDS["segment_heap"]
    monkeypatch.setitem(KINDS, "segment_heap", replace(kind, promise=replace(kind.promise, alignment=4096)))
    with pytest.raises(Violation, match="is_aligned"):
        scenario.segment_heap().call("allocate", 100)


def test_a_call_that_is_not_the_one_that_it_is_said_to_be_meets_no_premise():
    user = scenario.segment_heap()
    with pytest.raises(PreconditionError, match="a block which the user holds"):
        user.call("free", scenario.STRANGE)
