"""What a run of the page tables sees is reported under the theorem that says it."""

import pytest

import impl.address_space
from proofs.address_space.live.stage import SAID_BY, law_of
from proofs.address_space.live.story import devices, exact, rights
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.address_space.subject import SUBJECT
from proofs.checking.bench import load_edition, source_with
from proofs.checking.violation import Violation
from proofs.virtual_memory.subject import SUBJECT as PAGED


@pytest.mark.parametrize(
    ("subject", "operation", "fact", "law"),
    [
        (SUBJECT, "map", "count", "all_counted"),
        (SUBJECT, "unmap", "bytes", "only_bytes_of_tables"),
        (SUBJECT, "store", "faults", "faults"),
        (PAGED, "store", "bytes", "store_changes_those_bytes_only"),
        (PAGED, "map", "count", "frames_counted"),
        (PAGED, "_walk", "count", "count"),
    ],
)
def test_what_is_seen_of_all_frames_and_bytes_is_named_after_the_clause_that_says_it(subject, operation, fact, law):
    assert law_of(subject, operation, fact) == law


def test_every_clause_that_is_named_is_one():
    clauses = {law.name for subject in (SUBJECT, PAGED) for one in subject.operations for law in one.ensures}
    assert {name for names in SAID_BY.values() for name in names} <= clauses


FAULTS = [
    (exact, "if pages > free:", "if pages >= free:", "map.map_refuses"),
    (
        rights,
        "value & (FRAME_MASK | BORROWED | PRESENT)) + flags",
        "value & FRAME_MASK) + PRESENT",
        "protect.all_flagged",
    ),
    (devices, "self.frames.take_back(leaf & FRAME_MASK)", "pass", "unmap.frames_back"),
]


@pytest.mark.parametrize(("chapter", "text", "faulty", "theorem"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_the_clause_that_falls_is_named_among_all_that_fall(chapter, text, faulty, theorem):
    """There is no second model: the contract itself is evaluated on what RAM held before and holds now."""
    source = source_with(impl.address_space, text)
    assert source.count(text) == 1
    with pytest.raises(Violation) as noticed:
        chapter(AddressSpaceWorld(48, load_edition(impl.address_space, source.replace(text, faulty))))
    assert f"address_space.{theorem}" in noticed.value.theorems
