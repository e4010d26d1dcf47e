"""`drystone prove frame_allocator --source broken.py` refutes faulty editions, by a theorem that names the fault."""

import json
import sys

import pytest

import impl.frame_allocator
from proofs.checking.bench import load_edition
from proofs.checking.witness import play, scripted_violation
from proofs.cli import main
from proofs.engine import climbing
from tests.defects.frame_allocator import DEFECTS

REFUTED = (
    "buddy_by_addition",
    "merge_ignores_order",
    "merges_live_buddy",
    "split_loses_upper_half",
    "aligned_to_the_area",
    "region_not_clipped",
    "header_stays_free",
    "frees_part_of_a_block",
)
EFFORT = 500_000
"""Resource units for one try, more than any of these theorems needs of the sound edition."""


def test_the_story_breaks_no_theorem_of_the_sound_edition():
    worlds, violation = play("frame_allocator", None)
    assert violation is None
    assert sum(len(world.journal) for world in worlds) > 100


@pytest.mark.parametrize("defect", [pytest.param(d, id=d.name) for d in DEFECTS])
def test_the_story_breaks_a_theorem_that_names_the_fault(defect):
    found = scripted_violation("frame_allocator", load_edition(impl.frame_allocator, defect.source()))
    assert found.violation is not None
    assert set(found.violation.theorems) & set(defect.theorems)


@pytest.mark.slow
@pytest.mark.parametrize("defect", [pytest.param(d, id=d.name) for d in DEFECTS if d.name in REFUTED])
def test_the_prover_refutes(defect, tmp_path, monkeypatch, capfd):
    """FRM-3, FRM-5, FRM-8."""
    monkeypatch.setattr(climbing, "BUDGET", EFFORT)
    monkeypatch.setattr(climbing, "MBQI_BUDGET", EFFORT // 10)
    file = tmp_path / "broken.py"
    file.write_text(defect.source())
    options = ["--source", str(file), "--no-cache", "--only", "--jobs", "1", "--format", "json"]
    monkeypatch.setattr(sys, "argv", ["drystone", "prove", defect.theorems[0], *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    theorems = json.loads(capfd.readouterr().out)["theorems"]
    verdicts = {theorem["id"]: theorem["verdict"] for theorem in theorems}
    assert verdicts[defect.theorems[0]] in ("UNKNOWN", "REFUTED")
    refuted = {theorem for theorem, verdict in verdicts.items() if verdict == "REFUTED"}
    assert refuted & set(defect.theorems)
