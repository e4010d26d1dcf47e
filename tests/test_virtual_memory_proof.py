"""Virtual memory is proved: its TLB agrees with the page tables; and each fault in it is refuted by name."""

import pytest

import impl.virtual_memory
from proofs.checking.bench import load_edition
from proofs.checking.campaign import check
from proofs.virtual_memory.live.scenario import witness
from tests.defects.defect import Defect
from tests.defects.virtual_memory import DEFECTS
from tests.warm import names

QUICK = ("unmaps_without_invalidation", "invalidates_one_page_too_few", "offers_a_place_beyond_the_window")
SLOW = (
    *("protects_without_invalidation", "writes_what_is_read_only", "runs_what_is_data", "fetches_through_a_load"),
    *("tells_itself_only", "protects_here_only", "forgets_the_first_tlb", "forgets_the_last_tlb"),
    *("looks_at_no_execute_in_the_last_entry_only", "looks_past_no_execute_in_the_root"),
    *("offers_a_place_that_is_taken", "does_not_begin_again", "uses_up_a_place_by_asking", "maps_for_supervisors_only"),
    *("searches_from_where_it_did", "passes_what_was_unmapped", "begins_one_page_further"),
    *("maps_read_only", "lets_a_refusal_through", "forgets_the_last_page_of_a_range", "asks_for_reading_only"),
)
"""The others are like one of these."""


def chosen() -> list[pytest.param]:
    """Defects for the prover."""
    marks = {**dict.fromkeys(QUICK, ()), **dict.fromkeys(SLOW, (pytest.mark.slow,))}
    return [
        pytest.param(defect, id=defect.name, marks=marks[defect.name]) for defect in DEFECTS if defect.name in marks
    ]


@pytest.mark.parametrize("defect", chosen())
def test_the_prover_notices_the_defect(defect: Defect) -> None:
    """A stale translation, or one that grants too much (MEM-3, MEM-4)."""
    assert names(defect)


@pytest.mark.parametrize("line", ["self.user_mode = user_mode", "self.tlb_entries = tlb_entries"])
def test_a_view_that_does_not_keep_what_it_is_given_is_not_proved(line: str) -> None:
    """Its words do not have their values already because arguments have their names."""
    assert names(
        Defect("forgets_an_argument", "what is given is not kept", line, "pass", ("virtual_memory._reset.state",))
    )


SOON = ("begins_one_page_further", "maps_read_only", "forgets_the_last_tlb", "writes_what_is_read_only")
"""A search for a place, rights, a shootdown, the store path: histories come to these within a few seconds."""
STEPS = 2000


def searched() -> list[pytest.param]:
    """All defects; the slower ones are marked."""
    slow = (pytest.mark.slow,)
    return [pytest.param(one, id=one.name, marks=() if one.name in SOON else slow) for one in DEFECTS]


@pytest.mark.parametrize("defect", searched())
def test_a_run_shows_the_defect(defect: Defect) -> None:
    """Random histories come to it within so many steps."""
    edition = load_edition(impl.virtual_memory, defect.source())
    assert check("virtual_memory", STEPS, edition=edition, short=False).violation is not None


def test_running_code_meets_every_precondition() -> None:
    operations = witness().operations
    assert all(operation.satisfied and operation.ends for operation in operations.values())
