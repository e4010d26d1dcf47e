"""compare: every heap's memory, waste and costs on one trace; each operation's worst call within its proved bound."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import impl.frame_allocator
from model.language.contracts import costs
from model.language.logic import Operation, Transition, clause
from proofs import registry
from proofs.checking.bench import load_edition, source_of
from proofs.checking.replay import replay
from proofs.checking.trace import read_trace
from proofs.comparing import frames
from proofs.comparing.bound import proved_bound
from proofs.comparing.comparison import common_events, serving
from proofs.comparing.figures import percentile
from proofs.comparing.frames import measure_frames
from proofs.comparing.measuring import measure
from proofs.frame_allocator.subject import SUBJECT as FRAMES
from tests.c_heaps import FOLDER, needs_compiler
from tests.defects.segment_heap import DEFECTS

TRACE = (
    "".join(f"{'c' if n % 3 else 'm'} {n} {n * 379 % 5000}\n" for n in range(12))
    + "".join(f"r {n} {n * 91}\n" for n in range(2, 12, 3))
    + "".join(f"f {n}\n" for n in range(0, 12, 2))
)


@pytest.fixture
def trace(tmp_path) -> Path:
    file = tmp_path / "program.trace"
    file.write_text(TRACE)
    return file


def operation(*ensures, after=lambda t: None) -> Operation:
    return Operation("f", (), after, ensures)


@clause("the call costs less than 8")
def second_cost(t):
    return t.cost < 8


@clause("the call costs nothing if it raises")
def raising_cost(t):
    return True if t.raised == "" else t.cost <= 0


@pytest.mark.parametrize(
    ("clauses", "bound"),
    [
        ((costs("cost", 12),), 12),
        ((costs("cost", 12), second_cost), 7),
        ((raising_cost,), None),
        ((costs("quite_else", 3),), None),
        ((), None),
    ],
)
def test_the_bound_of_a_call_is_what_its_theorems_compare_the_cost_with(clauses, bound):
    assert proved_bound(operation(*clauses), Transition(0, None, None, None, {}, cost=5)) == bound


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("count", [1, 2, 7, 100, 101])
def test_a_percentile_is_the_smallest_that_the_share_does_not_exceed(share, count):
    ordered = sorted(n * 37 % 91 for n in range(count))
    enough = [value for value in ordered if sum(other <= value for other in ordered) >= share * count]
    assert percentile(ordered, share) == enough[0]


@pytest.mark.parametrize("heap", [name for name in serving() if name != "block_heap"])
def test_every_operation_keeps_its_bound_and_memory_adds_up(trace, heap):
    read = read_trace(trace)
    found = measure(read, heap, len(read.events))
    assert (found.violations, found.events, found.refused) == ([], len(read.events), 0)
    assert found.loads + found.stores == sum(dot.cost for one in found.operations for dot in one.dots)
    for one in found.operations:
        assert one.bound is not None
        assert one.median <= one.most_of_99 <= one.worst <= one.bound
        assert max(dot.cost for dot in one.dots) == one.worst
        assert all(call.cost <= call.bound for call in one.bounded)
    assert max(sample.live for sample in found.samples) <= found.peak_live == read.peak_live_bytes()
    assert all(sample.live <= sample.granted <= sample.mapped for sample in found.samples)
    assert found.samples[-1].event == len(read.events)
    assert found.peak_mapped == replay(read, heap, 1000).peak_mapped_bytes


@pytest.mark.slow
def test_a_heap_of_fixed_size_tells_how_far_its_blocks_reach(trace):
    read = read_trace(trace)
    found = measure(read, "block_heap", len(read.events))
    assert found.fixed
    assert found.violations == []
    assert read.peak_live_bytes() < found.peak_mapped < 1 << 20
    assert all(one.worst == one.bound for one in found.operations if one.name != "kfree")


@pytest.mark.parametrize("name", ["taken_stays_free", "merges_previous_only"])
def test_a_broken_heap_is_refuted(run, trace, monkeypatch, name):
    module = registry.live("segment_heap", "driver")
    defect = next(d for d in DEFECTS if d.name == name)
    faulty = load_edition(module.DRIVER.bench.module, defect.source())
    monkeypatch.setattr(module, "DRIVER", replace(module.DRIVER, bench=replace(module.DRIVER.bench, module=faulty)))
    status, out, err = run("compare", trace, "--heap", "segment_heap")
    assert (status, err) == (1, "")
    assert "REFUTED  segment_heap." in out
    assert "CHECKED" not in out


def test_the_figures_come_as_a_table_and_as_one_document(run, trace):
    words = ("compare", trace, "--heap", "segment_heap", "--heap", "bin_heap", "--jobs", 1)
    status, out, err = run(*words)
    assert (status, err) == (0, "")
    assert "program.trace: 22 of 22 events" in out
    assert "bin_heap.realloc" in out
    assert "no violation" in out
    status, out, err = run(*words, "--format", "json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert [one["heap"] for one in document["heaps"]] == ["segment_heap", "bin_heap"]
    assert {"peak_mapped", "waste_inside", "waste_outside", "refused", "samples"} <= document["heaps"][0].keys()


def test_all_heaps_replay_the_same_events(trace, monkeypatch):
    module = registry.live("segment_heap", "driver")
    monkeypatch.setattr(module, "DRIVER", replace(module.DRIVER, most_visits=30))
    read = read_trace(trace)
    assert common_events(read, ["bin_heap"]) == (22, "")
    assert common_events(read, ["bin_heap", "segment_heap"]) == (7, "segment_heap")


def test_a_cut_is_told(run, trace, monkeypatch):
    module = registry.live("segment_heap", "driver")
    monkeypatch.setattr(module, "DRIVER", replace(module.DRIVER, most_visits=30))
    _, out, _ = run("compare", trace, "--heap", "segment_heap")
    assert "7 of 22 events" in out
    assert "not the whole trace: segment_heap walks its blocks" in out
    _, out, _ = run("compare", trace, "--heap", "segment_heap", "--all")
    assert "22 of 22 events" in out


def test_the_frame_allocator_stands_beside_the_heaps(trace):
    read = read_trace(trace)
    found = measure_frames(read, len(read.events))
    assert (found.violations, found.events, found.refused) == ([], len(read.events), 0)
    assert found.peak_live == read.peak_live_bytes() < found.peak_mapped
    assert all(sample.granted % 4096 == 0 and sample.live <= sample.granted < sample.mapped for sample in found.samples)
    for one in found.operations:
        assert one.name == "init_region" or one.worst <= one.bound == frames.BOUNDS[one.name]
    for name, bound in frames.BOUNDS.items():
        sentences = [c.sentence for c in FRAMES.operation(name).ensures if c.name == f"{name}_cost"]
        assert f"at most {bound} loads and stores" in sentences[0]


def test_an_aligned_block_of_frames_is_aligned_and_one_that_is_too_large_is_refused(tmp_path):
    file = tmp_path / "pages.trace"
    file.write_text(f"a 0 65536 100\na 1 4096 8192\nm 2 {1 << 40}\nm 3 0\nr 1 9000\nf 3\nf 2\nf 1\nf 0\n")
    found = measure_frames(read_trace(file), 9)
    assert (found.violations, found.events, found.refused) == ([], 9, 1)


@pytest.mark.parametrize(
    ("right", "wrong", "theorem"),
    [
        ("self._remove(index, found)", "self._list(found)", "disjoint"),
        ("return Area(self.origin + index", "return Area(self.origin + 4096 + index", "disjoint"),
        ("record.order = order", "record.order = order; [record.order for _ in range(200)]", "allocate_cost"),
    ],
)
def test_a_broken_frame_allocator_is_refuted(trace, right, wrong, theorem):
    module = impl.frame_allocator
    text = source_of(module)
    assert right in text
    found = measure_frames(read_trace(trace), 22, edition=load_edition(module, text.replace(right, wrong)))
    assert [name for _, name in found.violations] == [f"frame_allocator.allocate.{theorem}"]


@needs_compiler
def test_heaps_in_c_stand_beside_ours(run, trace):
    glues = [word for file in ("list.c", "bins.c") for word in ("--c", FOLDER / file)]
    status, out, _ = run("compare", trace, "--heap", "bin_heap", *glues, "--format", "json")
    document = json.loads(out)
    assert status == 0
    assert [one["heap"] for one in document["in_c"]] == ["list.c", "bins.c"]
    assert all(one["peak_live"] > 0 and one["reach"] > 0 and not one["violation"] for one in document["in_c"])


@needs_compiler
def test_a_broken_heap_in_c_is_refuted(run, trace):
    words = ("--c", FOLDER / "list.c", "-D", "DEFECT_CALLOC_DIRTY", "--heap", "bin_heap")
    status, out, _ = run("compare", trace, *words)
    assert status == 1
    assert "REFUTED  list.c: heap." in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--heap", "stack"), "stack serves no trace; these do: "),
        (("--heap", "no_heap"), "no subject is called 'no_heap'"),
        (("--c", "nowhere.c"), "nowhere.c: there is no such file"),
    ],
)
def test_a_mistake_is_one_clear_line(run, trace, words, message):
    status, out, err = run("compare", trace, *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_a_page_is_written_on_request(run, trace, tmp_path):
    status, out, err = run("compare", trace, "--heap", "segment_heap", "-o", tmp_path / "pages")
    assert (status, err) == (0, "")
    file = tmp_path / "pages" / "program.trace.html"
    assert out.endswith(f"{file}\n")
    assert "segment_heap" in file.read_text()
