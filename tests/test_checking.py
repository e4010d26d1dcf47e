"""The harness itself: it accepts the segment heap, and each defect of the gallery is caught and can be replayed."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import impl.segment_heap
from impl.arithmetic import PAGE_SIZE
from impl.machine import Machine
from model.language.annotations import loop, observed
from model.language.logic import Loop, Operation, Subject, clause
from proofs.checking.bench import load_edition, source_of
from proofs.checking.campaign import check
from proofs.checking.harness import Checked
from proofs.checking.loops import LoopObserver
from proofs.checking.pages import mapped_frames
from proofs.checking.violation import PreconditionError, Violation
from proofs.checking.witness import witness
from proofs.segment_heap.live.bench import BENCH
from proofs.segment_heap.live.world import SegmentHeapWorld
from tests.defects.defect import Defect
from tests.defects.segment_heap import DEFECTS

ROOT = Path(__file__).parent.parent
BASE = 0x4000_0000
STEPS = 8000
QUICK = ("split_leaves_last_segment", "taken_stays_free", "fit_needs_more", "merges_previous_only")
"""Defects that the model checker finds within a second; the others are found by slow tests."""


@pytest.fixture
def world() -> SegmentHeapWorld:
    fresh = SegmentHeapWorld()
    fresh.init(BASE)
    return fresh


def test_an_exception_that_no_contract_allows_is_a_violation():
    source = source_of(impl.segment_heap)
    faulty = source.replace("needed = align_up(size, GRANULE)", "needed = align_up(size, None)")
    assert faulty != source
    fresh = SegmentHeapWorld(edition=load_edition(impl.segment_heap, faulty))
    fresh.init(BASE)
    with pytest.raises(Violation, match=r"segment_heap\.allocate\.raises_only"):
        fresh.allocate(1)


# ---------------------------------------------------------------- the gallery


@pytest.mark.parametrize(
    "defect",
    [pytest.param(d, id=d.name, marks=[] if d.name in QUICK else [pytest.mark.slow]) for d in DEFECTS],
)
def test_the_model_checker_finds_the_defect_and_writes_a_script_that_shows_it(defect: Defect, tmp_path: Path) -> None:
    faulty, quick = load_edition(impl.segment_heap, defect.source()), defect.name in QUICK
    result = check("segment_heap", STEPS, 1, faulty, short=quick)
    assert result.violation is not None, f"not found in {result.steps} steps: {defect.fault}"
    assert set(result.violation.theorems) & set(defect.theorems), str(result.violation)
    script, edition = tmp_path / "history.py", tmp_path / "edition.py"
    script.write_text(result.script)
    edition.write_text(defect.source())
    shown = run_script(script, edition)
    assert shown.returncode == 1
    assert f"VIOLATED {result.violation.theorem}" in shown.stdout
    assert result.violation.sentence in shown.stdout
    sound = run_script(script)
    assert sound.returncode == 0, sound.stdout + sound.stderr


def run_script(*arguments: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *map(str, arguments)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_every_defect_is_put_in_exactly_once() -> None:
    for defect in DEFECTS:
        assert defect.source() != source_of(impl.segment_heap)
        compile(defect.source(), defect.name, "exec")


# ---------------------------------------------------------------- what the harness must notice

HISTORIES = {
    "split_forgets_back_link": ("b = [world.allocate(200), world.allocate(16)]; world.free(b[0]); world.allocate(16)"),
    "merges_next_only": "b = [world.allocate(16), world.allocate(16)]; world.free(b[0]); world.free(b[1])",
    "merges_previous_only": "world.free(world.allocate(16))",
    "merge_leaves_last_segment": "world.free(world.allocate(16))",
    "swallowed_keeps_magic": "world.free(world.allocate(16))",
    "fit_needs_more": "world.allocate(16 * 4096 - 48)",
    "growth_not_rolled_back": "world.grab(world.machine.free_frames() - 2); world.allocate(40 * 4096)",
    "frees_before_checking": ("b = [world.allocate(16), world.allocate(16)]; world.overrun(b[0], 4); world.free(b[0])"),
    "splits_unchecked": (
        "b = [world.allocate(200), world.allocate(16)]; world.free(b[0]);world.overrun(b[0], 4); world.allocate(16)"
    ),
    "splits_off_too_little": "world.allocate(16 * 4096 - 48 - 48)",
    "follows_any_link": "world.allocate(16); world.mislead(world.chain.start, 0); world.allocate(16)",
    "misnames_a_double_free": (
        "b = [world.allocate(16), world.allocate(16)]; world.free(b[1]); world.free(b[0]); world.free(b[1])"
    ),
    "trims_live_blocks": "world.allocate(20 * 4096 - 48); world.trim()",
    "trims_too_much": "world.trim()",
    "trims_too_little": "world.free(world.allocate(20 * 4096)); world.allocate(16 * 4096); world.trim()",
    "trims_the_header": "world.free(world.allocate(20 * 4096)); world.allocate(17 * 4096 - 2 * 48); world.trim()",
    "trim_leaves_last_segment": "world.allocate(16 * 4096 - 48); world.free(world.allocate(1)); world.trim()",
    "trim_loses_pages": "world.free(world.allocate(20 * 4096)); world.trim()",
    "trim_keeps_the_end": "world.free(world.allocate(20 * 4096)); world.trim()",
    "trims_unchecked": (
        "world.allocate(16 * 4096 - 48); world.free(world.allocate(1)); world.hit(world.chain.start, 1); world.trim()"
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_defect_is_noticed_by_the_call_that_shows_it(name: str) -> None:
    defect = next(d for d in DEFECTS if d.name == name)
    faulty = SegmentHeapWorld(edition=load_edition(impl.segment_heap, defect.source()))
    faulty.init(BASE)
    with pytest.raises(Violation) as caught:
        exec(HISTORIES[name], {"world": faulty})
    assert set(caught.value.theorems) & set(defect.theorems), str(caught.value)
    sound = SegmentHeapWorld()
    sound.init(BASE)
    exec(HISTORIES[name], {"world": sound})


def test_a_missing_unmap_leaks() -> None:
    text = source_of(impl.segment_heap)
    variant = text.replace("self.memory.unmap(start, (end - start) // PAGE_SIZE)", "pass")
    faulty = SegmentHeapWorld(edition=load_edition(impl.segment_heap, variant))
    faulty.init(BASE)
    with pytest.raises(Violation) as caught:
        faulty.destruct()
    assert "segment_heap.destruct.no_leak" in caught.value.theorems


def test_a_walk_that_stands_still_is_a_violation_not_a_hang() -> None:
    text = source_of(impl.segment_heap)
    walk = "                return self._astray(current)\n            current = following\n"
    assert text.count(walk) == 1
    variant = text.replace(walk, walk.replace("following", "segment.address"))
    faulty = SegmentHeapWorld(edition=load_edition(impl.segment_heap, variant))
    faulty.init(BASE)
    with pytest.raises(Violation) as caught:
        faulty.allocate(2 * 16 * PAGE_SIZE)
    assert caught.value.theorem.startswith("segment_heap.allocate.walk_for_fit.")


def test_a_byte_written_outside_the_heap_is_noticed(world: SegmentHeapWorld) -> None:
    old = world.checked.state()
    world.machine.memory.store(BASE - 8, 8, 1)
    new = world.checked.state()
    assert not new.bytes.unchanged_outside(old, BASE, BASE + 16 * PAGE_SIZE)
    assert not new.bytes.unchanged_where(old, lambda x: BASE - 8 <= x < BASE)
    assert new.bytes.unchanged_where(old, lambda x: not BASE - 8 <= x < BASE)
    assert new.bytes.unchanged(old, BASE, BASE + 16 * PAGE_SIZE)
    assert not new.same_memory(old)


def test_bytes_under_headers_are_fields_not_bytes(world: SegmentHeapWorld) -> None:
    old = world.checked.state()
    world.checked.vandalise(BASE + 24, b"\1")
    new = world.checked.state()
    assert new.bytes.unchanged(old, BASE, BASE + PAGE_SIZE)
    assert new.fields("Segment").next[BASE] != old.fields("Segment").next[BASE]
    assert not new.same_memory(old)


def test_a_snapshot_does_not_change(world: SegmentHeapWorld) -> None:
    old = world.checked.state()
    world.allocate(16)
    assert old.fields("Segment").free[BASE] is True
    assert list(old.claimed("Segment")) == [BASE]
    assert old.log_length == 0


def test_pages_of_others_are_not_the_heaps(world: SegmentHeapWorld) -> None:
    assert world.checked.state().mapped.exactly(BASE, BASE + 16 * PAGE_SIZE)
    world.intrude()
    assert world.checked.state().mapped.exactly(BASE, BASE + 16 * PAGE_SIZE)
    assert len(mapped_frames(world.machine)) == 16 + 3


def test_pages_are_read_from_the_tables_in_both_halves() -> None:
    machine = Machine(1 << 20, checked=True)
    for address in (0x1000, 2**47 - 4096, 2**64 - 2**47, 2**64 - 2 * 4096):
        assert machine.memory.map(address, 1)
        frame = mapped_frames(machine)[address >> 12]
        machine.memory.store(address, 8, address)
        assert machine.ram.load(frame, 8) == address


def test_calls_without_a_theorem_are_refused(world: SegmentHeapWorld) -> None:
    with pytest.raises(PreconditionError, match="not_alive"):
        world.checked.call("init", BASE)
    world.checked.vandalise(BASE + 8, bytes(8))  # the size of an intact header
    with pytest.raises(PreconditionError, match="stored_size"):
        world.checked.call("dump")


def test_sampled_calls_find_what_calls_between_them_broke() -> None:
    defect = next(d for d in DEFECTS if d.name == "split_leaves_last_segment")
    faulty = SegmentHeapWorld(edition=load_edition(impl.segment_heap, defect.source()), every=4)
    faulty.checked.check("init", BASE)
    with pytest.raises(Violation) as caught:
        for _ in range(4):
            faulty.checked.call("allocate", 16)
    assert caught.value.theorem == "segment_heap.unchecked_calls.bounds"


def test_sampled_calls_agree_with_the_model() -> None:
    sampled = SegmentHeapWorld(every=3)
    sampled.checked.check("init", BASE)
    blocks = [sampled.checked.call("allocate", 16 * number).result for number in range(1, 20)]
    for block in blocks[::2]:
        sampled.checked.call("free", block)
    assert sampled.checked.checked_calls == 1 + 30 // 3
    assert sampled.checked.refresh().count == 19


def test_the_cost_is_that_of_the_operation_alone(world: SegmentHeapWorld) -> None:
    before = world.machine.counter.total
    cost = world.checked.call("allocate", 16).cost
    assert cost == world.machine.counter.total - before
    assert 0 < cost <= 44


def counting_down(left: int) -> Loop:
    return Loop([], left)


COUNTED = {"counting_down": counting_down}


def test_a_loop_inside_a_loop_begins_again_with_each_iteration() -> None:
    with observed(LoopObserver("subject.operation", 1, (__file__,), COUNTED)):
        outer = 3
        while outer > 0:
            loop("counting_down", outer)
            inner = 5
            while inner > 0:
                loop("counting_down", inner)
                inner -= 1
            outer -= 1


@pytest.mark.parametrize("stride", [1, 3])
def test_a_measure_that_does_not_fall_is_noticed(stride: int) -> None:
    observer = LoopObserver("subject.operation", stride, (__file__,), COUNTED)
    with observed(observer), pytest.raises(Violation, match="terminates"):
        count = 0
        while count < 10:
            loop("counting_down", 10 - min(count, 5))
            count += 1


# ---------------------------------------------------------------- witnesses


def test_the_scenario_reaches_every_line_that_leaves_an_operation() -> None:
    found = witness(BENCH).operations
    assert all(operation.calls == operation.satisfied > 0 for operation in found.values())
    reached = {part for operation in found.values() for end in operation.ends for part in end}
    for number, line in enumerate(source_of(impl.segment_heap).splitlines(), 1):
        method = method_at(number)
        if method in found and line.strip().startswith(("return", "raise")):
            assert f"{method}:{number}" in reached, line


def method_at(number: int) -> str:
    lines = source_of(impl.segment_heap).splitlines()[:number]
    return next((line.split("def ")[1].split("(")[0] for line in reversed(lines) if "    def " in line), "")


def test_a_contract_that_is_too_strong_falls() -> None:
    @clause("allocate never grows the heap")
    def never_grows(t: object) -> bool:
        return t.pages_mapped == 0  # type: ignore[attr-defined, no-any-return]

    def stronger(operation: Operation) -> Operation:
        return replace(operation, ensures=(never_grows,)) if operation.name == "allocate" else operation

    subject: Subject = replace(BENCH.subject, operations=tuple(map(stronger, BENCH.subject.operations)))
    machine = Machine(1 << 20, checked=True)
    machine.memory.map(0x7000, 1)
    checked = Checked(replace(BENCH, subject=subject), machine, 0x7000)
    checked.call("init", BASE)
    checked.call("allocate", 16)
    with pytest.raises(Violation, match="allocate never grows the heap"):
        checked.call("allocate", 20 * PAGE_SIZE)


def test_snapshots_share_the_bytes_of_pages_that_did_not_change():
    world = SegmentHeapWorld()
    world.init(BASE)
    block = world.allocate(100)
    first = world.checked.camera.take()
    world.write(block, 0, b"anything")
    second = world.checked.camera.take()
    differing = second.changed_pages(first)
    assert len(differing) == 1
    assert all(second.pages[page] is data for page, data in first.pages.items() if page not in differing)
