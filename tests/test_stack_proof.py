"""What is composed of the theorems of all subjects: proved, and not without what it stands on."""

from dataclasses import replace

import pytest

from model.language.logic import Operation
from proofs import registry
from proofs.claims import stated, theorem_ids
from proofs.engine.cache import Cache
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from proofs.stack import proof as binding
from proofs.stack.live.scenario import witness
from proofs.stack.proof import PROOF
from proofs.stack.rests import RESTS_ON, own_memory_alone
from proofs.stack.subject import SUBJECT

NOTHING_TO_SPARE = [
    ("whole", "one_owner", ("a_frame_a_page", "spaces_apart", "heaps_apart", "blocks_apart")),
    ("gain", "still_apart", ("apart", "nobody_has_it")),
    ("loss", "still_apart", ("apart", "is_mine")),
    ("apart", "still_whole", ("nothing_in_common",)),
]


OPEN = (Verdict.REFUTED, Verdict.UNKNOWN)
pytestmark = pytest.mark.usefixtures("little_effort")  # what holds is proved with a third of it


STEPS_OF_WORDS = [("two_words", "nothing_left"), ("no_byte_shared", "byte_0_kept"), ("own_frames", "byte_0_shown")]
"""A premise, and the step that falls without it; the conclusions follow from the steps."""


def verdict(operation: str, theorem: str, *, without: str) -> Verdict:
    """What becomes of a theorem when one premise is dropped."""
    sound = SUBJECT.operation(operation)
    weaker = replace(sound, requires=tuple(law for law in sound.requires if law.name != without))
    assert len(weaker.requires) == len(sound.requires) - 1
    proof = replace(PROOF, subject=replace(SUBJECT, operations=(weaker,)))
    report = prove([proof], (f"stack.{operation}.{theorem}",), Options(jobs=1, only=True))
    (result,) = [found for found in report.theorems if found.id == f"stack.{operation}.{theorem}"]
    return result.verdict


@pytest.mark.parametrize(
    ("operation", "theorem", "premise"),
    [(operation, theorem, premise) for operation, theorem, premises in NOTHING_TO_SPARE for premise in premises],
)
def test_no_premise_can_be_spared(operation: str, theorem: str, premise: str) -> None:
    assert verdict(operation, theorem, without=premise) in OPEN


@pytest.mark.parametrize(("premise", "step"), STEPS_OF_WORDS)
def test_words_are_kept_apart_because_they_are_words_apart_and_on_frames_of_their_own(premise: str, step: str) -> None:
    assert verdict("words", step, without=premise) in OPEN


@pytest.mark.parametrize(("heap", "premise"), [("segment_heap", "disjoint"), ("block_heap", "runs")])
def test_blocks_of_a_heap_are_apart_because_its_invariants_say_so(heap: str, premise: str) -> None:
    assert verdict(heap, "one_block", without=premise) in OPEN


def test_everything_that_is_taken_for_granted_is_a_theorem_of_its_subject() -> None:
    known = set()
    for name in registry.SUBJECTS:
        subject = registry.proof_of(name).subject
        known |= theorem_ids(name)
        known |= {
            f"{name}.{operation.name}.{law.name}"
            for operation in subject.operations
            for law in stated(subject, operation)
        }
    assert {theorem for names in RESTS_ON.values() for theorem in names} <= known


def test_running_heaps_spaces_and_frames_meet_every_premise() -> None:
    """Two live blocks never hold one physical byte (MEM-11, MEM-12)."""
    operations = witness().operations
    assert all(operation.calls == operation.satisfied > 1 for operation in operations.values())
    assert operations.keys() == {operation.name for operation in SUBJECT.operations}


def test_every_public_operation_of_a_heap_says_that_it_touches_its_own_memory_alone() -> None:
    silent = Operation("silent", (), lambda t: t.ghost, ())
    with pytest.raises(ValueError, match="silent touches its heap's own memory alone"):
        own_memory_alone(silent)


def test_a_theorem_that_is_gone_takes_the_whole_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESTS_ON, "whole", ("stack.gain.still_apart", "stack.gain.no_such_theorem"))  # type: ignore[misc]
    assert binding.RESTS_ON is RESTS_ON
    report = prove([PROOF], ("stack.gain.*", "stack.whole.*"), Options(jobs=1, cache=Cache(None)))
    verdicts = {theorem.id: theorem.verdict for theorem in report.theorems}
    assert verdicts["stack.whole.one_owner"] is Verdict.CONDITIONAL
    assert verdicts["stack.whole.rests"] is Verdict.ERROR
