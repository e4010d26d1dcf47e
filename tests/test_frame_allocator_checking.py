"""The stateful checker of the frame allocator: it accepts the allocator, and finds each defect of the gallery."""

import subprocess
import sys
from pathlib import Path

import pytest

import impl.frame_allocator
from impl.arithmetic import PAGE_SIZE
from proofs.checking.bench import load_edition
from proofs.checking.campaign import check
from proofs.checking.violation import Violation
from proofs.frame_allocator.live.answers import header_answer, init_answer
from proofs.frame_allocator.live.world import SMALL, FrameAllocatorWorld
from tests.defects.defect import Defect
from tests.defects.frame_allocator import DEFECTS

ROOT = Path(__file__).parent.parent
STEPS = 12000
QUICK = ("split_loses_upper_half", "removal_forgets_back_link", "header_never_reserved", "unaligned_blocks")
"""Defects that are found within a second; the others are found by slow tests."""


def edition_of(name: str):
    return load_edition(impl.frame_allocator, next(d for d in DEFECTS if d.name == name).source())


@pytest.mark.parametrize(
    "defect", [pytest.param(d, id=d.name, marks=[] if d.name in QUICK else [pytest.mark.slow]) for d in DEFECTS]
)
def test_the_model_checker_finds_the_defect_and_writes_a_script_that_shows_it(defect: Defect, tmp_path: Path):
    faulty, quick = load_edition(impl.frame_allocator, defect.source()), defect.name in QUICK
    result = check("frame_allocator", STEPS, 1, faulty, short=quick)
    assert result.violation is not None, f"not found in {result.steps} steps: {defect.fault}"
    assert set(result.violation.theorems) & set(defect.theorems), str(result.violation)
    script, edition = tmp_path / "history.py", tmp_path / "edition.py"
    script.write_text(result.script)
    edition.write_text(defect.source())
    shown = run_script(script, edition)
    assert shown.returncode == 1
    assert f"VIOLATED {result.violation.theorem}" in shown.stdout
    sound = run_script(script)
    assert sound.returncode == 0, sound.stdout + sound.stderr


def run_script(*arguments: Path):
    command = [sys.executable, *map(str, arguments)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_every_defect_is_put_in_exactly_once():
    for defect in DEFECTS:
        compile(defect.source(), defect.name, "exec")


def test_the_allocator_keeps_every_clause():
    result = check("frame_allocator", 300, 0)
    assert result.violation is None, str(result.violation) + result.script
    assert result.checks > 20 * result.steps


def test_the_header_works_wherever_it_is_mapped():
    """FRM-4."""
    world = FrameAllocatorWorld()
    world.init_region((0, 16 * PAGE_SIZE), (0, PAGE_SIZE), [])
    areas = []
    for frame in (700, 2, 1000):
        areas.append(world.allocate(1))
        world.move(frame)
    for area in areas:
        world.free(*area)
        world.move(5)


@pytest.mark.parametrize("frames", [SMALL, SMALL + 1])
def test_a_record_changed_behind_the_allocators_back_is_noticed(frames: int):
    world = FrameAllocatorWorld()
    world.init_region((0, frames * PAGE_SIZE), (0, PAGE_SIZE), [])
    base, size = world.allocate(0)
    world.allocator.record(base // PAGE_SIZE).state = 0xFF
    with pytest.raises(Violation):
        world.free(base, size)


@pytest.mark.parametrize(
    ("area", "regions", "place"),
    [
        ((0, 8 * PAGE_SIZE), [], (0, PAGE_SIZE)),
        ((1, 8 * PAGE_SIZE), [(PAGE_SIZE + 5, 0), (2 * PAGE_SIZE - 1, 1)], (2 * PAGE_SIZE, PAGE_SIZE)),
        ((0, 2 * PAGE_SIZE), [(0, 2**64 - 1)], None),
    ],
)
def test_the_reference_places_the_header(area, regions, place):
    """FRM-1, FRM-2."""
    answer = header_answer(area, regions)
    assert answer.right(place) if place else answer.raised == "OutOfMemory"
    assert init_answer(area, place or (0, PAGE_SIZE), regions).raised == ("" if place else "NotValid")
