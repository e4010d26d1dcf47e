"""The bin heap under watch: random histories against a reference model, its defects, what reading RAM must notice."""

import ast
from pathlib import Path

import pytest

import impl.bin_heap
from impl.machine import Machine
from proofs.bin_heap.live.bench import BENCH, extract
from proofs.bin_heap.live.scenario import witness
from proofs.bin_heap.live.world import BinHeapWorld
from proofs.checking.bench import load_edition, source_of, source_with
from proofs.checking.campaign import check, machine_of, search
from proofs.checking.harness import Checked
from proofs.checking.replay import replay
from proofs.checking.script import history_of, violated_by
from proofs.checking.trace import read_trace
from proofs.checking.violation import PreconditionError, Violation
from proofs.checking.witness import scripted_violation, told
from proofs.engine.lineage import lineage
from tests.defects.bin_heap import DEFECTS
from tests.defects.bin_heap_trim import TRIM
from tests.defects.defect import Defect

HEAD = 0x7100 + 40
LONGEST = 12
"""So many statements are enough to show any of the defects."""
QUICK = (
    "keeps_old_bits",
    "leaves_swallowed_in_bin",
    "loses_remainder",
    "remembers_zeros",
    "splits_too_small",
    "splits_off_nothing",
    "stamps_a_neighbour",
    "wraps_huge_sizes",
)
"""Defects that the scenario meets within its first calls; the others are looked for by slow tests."""
SOON = (
    "keeps_bit_of_empty_bin",
    "keeps_the_lock",
    "loses_remainder",
    "loses_the_tail",
    "reads_sentinel_as_block",
    "wraps_huge_sizes",
)
"""Defects that random histories come upon within a few hundred steps."""


@pytest.fixture
def world() -> BinHeapWorld:
    fresh = BinHeapWorld()
    fresh.init()
    return fresh


def slow_unless_quick(defect: Defect) -> object:
    return pytest.param(defect, id=defect.name, marks=[] if defect.name in QUICK else [pytest.mark.slow])


# ---------------------------------------------------------------- histories and defects


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name)
def test_the_defect_fits_the_implementation(defect: Defect) -> None:
    assert load_edition(impl.bin_heap, defect.source())


@pytest.mark.parametrize("defect", [slow_unless_quick(d) for d in DEFECTS])
def test_the_scenario_meets_the_defect(defect: Defect) -> None:
    """Sound code passes the same story: see below, where every line that leaves an operation is reached."""
    result = scripted_violation("bin_heap", load_edition(impl.bin_heap, defect.source()), short=False)
    assert result.violation is not None, f"not met in {result.steps} steps: {defect.fault}"
    assert set(result.violation.theorems) & set(defect.theorems), str(result.violation)


@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.name in QUICK], ids=lambda d: d.name)
def test_a_short_script_shows_the_defect_and_nothing_of_sound_code(defect: Defect) -> None:
    """It says just what made the story of the faulty edition end."""
    edition = load_edition(impl.bin_heap, defect.source())
    result = scripted_violation("bin_heap", edition)
    assert result.violation is not None
    assert len(history_of(result.script)) <= LONGEST
    assert violated_by(result.script, edition) == result.violation.theorem
    assert violated_by(result.script, None) == ""


@pytest.mark.slow
@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.name in SOON], ids=lambda d: d.name)
def test_random_histories_find_the_defect(defect: Defect) -> None:
    found_at_random(defect, 20, 1)


@pytest.mark.slow
@pytest.mark.parametrize("defect", TRIM, ids=lambda d: d.name)
def test_random_histories_come_to_trim(defect: Defect) -> None:
    """What errs in giving pages back is found within 36 histories."""
    found_at_random(defect, 36, 0)


def found_at_random(defect: Defect, histories: int, seed: int) -> None:
    """Nobody asks for a script here: to shorten one takes longer than to find the defect."""
    edition = load_edition(impl.bin_heap, defect.source())
    violation, _ = search(machine_of("bin_heap"), histories, seed, edition)
    assert violation is not None, f"not found in {histories} histories: {defect.fault}"
    assert set(violation.theorems) & set(defect.theorems), str(violation)


def test_the_scenario_reaches_every_line_that_leaves_an_operation() -> None:
    found = {name: operation for name, operation in told(BENCH.subject).operations.items() if name != "bin_index"}
    assert all(operation.calls == operation.satisfied > 0 for operation in found.values())
    played = [*found.values(), *witness().operations.values()]  # only the scenario takes every place from the heap
    reached = {part for operation in played for end in operation.ends for part in end}
    ends = [end for module in lineage(impl.bin_heap) for end in returns(source_of(module))]
    wanted = [end for end in ends if end.split(":")[0] in found]
    assert len(wanted) > 20
    assert [end for end in wanted if end not in reached] == []


def returns(source: str) -> list[str]:
    """Every line with a ``return`` of a method, but those that end in a ``finally``."""
    found = []
    for method in [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]:
        guarded = {n for part in ast.walk(method) if isinstance(part, ast.Try) for n in ast.walk(part)}
        ends = [n for n in ast.walk(method) if isinstance(n, ast.Return) and n not in guarded]
        found += [f"{method.name}:{node.lineno}" for node in ends]
    return found


def test_init_of_a_heap_that_lives_is_no_call_that_the_theorems_speak_of(world: BinHeapWorld) -> None:
    """A live block or a free one: the pages would be lost.  After its memory is gone it may begin anew."""
    block = world.malloc(100)
    for _ in range(2):
        with pytest.raises(PreconditionError, match="lifeless"):
            world.checked.check("init")
        if world.contents:
            world.free(block)
    free = world.machine.free_frames()
    world.init()
    assert world.machine.free_frames() > free


def test_random_histories_find_nothing() -> None:
    result = check("bin_heap", 150, 1)
    assert result.violation is None, str(result.violation)
    assert result.steps >= 150


@pytest.mark.slow
def test_long_random_histories_find_nothing() -> None:
    result = check("bin_heap", 500, 100)
    assert result.violation is None, str(result.violation)


def test_the_abstract_heap_is_read_out_of_ram(world: BinHeapWorld) -> None:
    first, second = world.malloc(64), world.malloc(20_000)
    blocks = extract(world.checked.state(), world.checked.address)
    assert set(blocks.headers) == {first - 64, first + 64, second - 64}
    assert [blocks.position[b - 64 + 40] for b in (first, first + 128)] == [0, 1]
    assert blocks.length[HEAD] == 2
    assert blocks.owner[first - 64 + 16] == first - 64
    assert blocks.owner[HEAD] == 0
    assert blocks.position[HEAD] == -1


# ---------------------------------------------------------------- what the checker must notice


@pytest.mark.parametrize(
    ("place", "data", "law"),
    [
        (0x7100 + 8, bytes(8), "bitmap"),
        (0x7100 + 15, b"\1", "bitmap"),
        (0x7100 + 40, (0x7100 + 40).to_bytes(8, "little"), "lists"),
        (0x7100 + 56, bytes(8), "lists"),
        (0x1000_0000_0000, b"A", "headers"),
        (0x1000_0000_0000 + 4, b"\3", "sorted"),
        (0x1000_0000_0000 + 8, bytes([0x40, 0x0]), "pages"),
        (0x1000_0000_0000 + 4, b"\0", "bins"),
        (0x1000_0000_0000 + 16, bytes(8), "loose"),
    ],
)
def test_damage_in_ram_breaks_a_law(world: BinHeapWorld, place: int, data: bytes, law: str) -> None:
    world.malloc(4096 - 64 - 128 - 64)
    world.checked.vandalise(place, data)
    with pytest.raises(Violation) as caught:
        extract(world.checked.state(), world.checked.address)
    assert caught.value.theorem == f"bin_heap.layout.{law}"


def test_an_operation_inside_another_is_checked_like_the_others() -> None:
    line = '            loop("scan_bitmap", self, number, bins, index)\n            number = number + 1\n'
    text = source_with(impl.bin_heap, line)
    assert text.count(line) == 1
    slow = text.replace(line, line + "            self._word(number)\n            self._word(number).value\n")
    faulty = BinHeapWorld(edition=load_edition(impl.bin_heap, slow))
    faulty.init()
    with pytest.raises(Violation) as caught:
        faulty.malloc(1)
    assert caught.value.theorem == "bin_heap.first_bin.scan_bitmap.scan_cost"


def test_sampled_calls_agree_with_the_model() -> None:
    machine = Machine(1 << 20, checked=True)
    machine.memory.map(0x7000, 2)
    checked = Checked(BENCH, machine, 0x7100, every=3)
    checked.check("init")
    blocks = [checked.call("malloc", 100 * number).result for number in range(1, 20)]
    for block in blocks[::2]:
        checked.call("free", block)
    assert checked.checked_calls == 1 + 30 // 3


def test_a_replay_uses_calloc_and_realloc_of_the_heap(tmp_path: Path) -> None:
    """Real calloc and realloc events (BIN-16)."""
    path = tmp_path / "trace"
    path.write_text("m 0 100\nc 1 5000\nr 0 200\nf 1\nm 1 0\nr 1 70000\nf 1\nm 7 18\nr 7 0\n")
    result = replay(read_trace(path), "bin_heap", every=1)
    assert result.violations == []
    assert result.events == 9
