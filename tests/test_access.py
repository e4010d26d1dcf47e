"""Loads and stores are proved against the bytes of RAM; and each fault in them is refuted, and found by a run."""

import pytest

import impl.virtual_memory
from proofs.checking.bench import load_edition
from proofs.checking.campaign import check
from proofs.engine.verdict import Verdict
from tests.defects.access import DEFECTS
from tests.defects.defect import Defect
from tests.warm import refuted

QUICK = ("copies_to_itself", "loses_the_end_of_ram", "takes_a_negative_size")
"""The others take the prover more than a few seconds."""
STEPS = 2000
PROVED = (Verdict.PROVED, Verdict.CONDITIONAL)


def chosen() -> list[pytest.param]:
    """Defects for the prover."""
    marks = dict.fromkeys(QUICK, ())
    return [pytest.param(one, id=one.name, marks=marks.get(one.name, pytest.mark.slow)) for one in DEFECTS]


@pytest.mark.parametrize("defect", chosen())
def test_the_prover_notices_the_defect(defect: Defect) -> None:
    """One of the theorems that the defect breaks is proved no more."""
    assert refuted(defect) in defect.theorems


# What never happens while tables are whole no run can show.
RUNNING = [defect for defect in DEFECTS if defect.name != "loses_the_end_of_ram"]


@pytest.mark.parametrize("defect", RUNNING, ids=lambda defect: defect.name)
def test_a_run_shows_the_defect(defect: Defect) -> None:
    """Random histories come to it within so many steps."""
    edition = load_edition(impl.virtual_memory, defect.source())
    assert check("virtual_memory", STEPS, edition=edition, short=False).violation is not None


def test_random_histories_find_no_fault_in_sound_code() -> None:
    assert check("virtual_memory", 150).violation is None
