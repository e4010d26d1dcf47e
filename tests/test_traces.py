"""Traces of other tools: each is known by its lines, comes to the same events, and a wrong line is told."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from model.heaps.kinds import KINDS
from proofs import registry
from proofs.check_commands import COMMANDS
from proofs.checking.replay import replay
from proofs.checking.trace import Event, TraceError, read_trace
from proofs.comparing.comparison import serving
from proofs.registry import Mistake
from proofs.traces.addresses import Addresses
from proofs.traces.reading import NAMES, format_of, read_any

FOLDER = Path(__file__).parent / "traces"
ASKED = ["m 0 100", "c 1 150", "r 0 5000", "r 1 40", "a 2 64 128", "a 3 256 300", "a 4 32 77", "m 5 0", "f 5", "f 0"]
ASKED += ["m 6 24", "f 6", "f 2", "f 4", "f 3"]
"""What program.c asks for, as far as it was granted."""


def lines(events) -> list[str]:
    return [event.line().strip() for event in events]


def written(folder: Path, text: str) -> Path:
    file = folder / "log"
    file.write_text(text)
    return file


FILES = {
    "mtrace.log": "mtrace",
    "valgrind.log": "valgrind",
    "heaptrack.raw": "heaptrack",
    "heaptrack.interpreted": "heaptrack",
    "kmem.report": "ftrace",
}


@pytest.mark.parametrize("name", FILES)
def test_a_format_is_known_by_its_lines_even_if_packed(name, tmp_path):
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress((FOLDER / name).read_bytes()))
    assert format_of(FOLDER / name) == format_of(packed) == FILES[name]
    assert read_any(packed).events == read_any(FOLDER / name, FILES[name]).events


@pytest.mark.parametrize("text", ["", "m 0 1\nf 0\n", "# kmalloc: ptr=1\na 0 64 1\n", "nonsense\n"])
def test_what_is_no_other_tools_is_read_as_our_own(text, tmp_path):
    assert format_of(written(tmp_path, text)) == "drystone"


def test_valgrind_tells_all_that_the_program_asked_for():
    trace = read_any(FOLDER / "valgrind.log")
    assert lines(trace.events) == ASKED
    assert any("refused" in note for note in trace.notes)


def test_mtrace_tells_all_but_zeroes_and_alignments():
    plain = [line.replace("c ", "m ") for line in ASKED]
    expected = [f"m {line.split()[1]} {line.split()[3]}" if line[0] == "a" else line for line in plain]
    assert lines(read_any(FOLDER / "mtrace.log").events) == expected


def test_heaptrack_tells_sizes_only_and_both_its_files_tell_the_same_sizes():
    raw, interpreted = (read_any(FOLDER / f"heaptrack.{kind}") for kind in ("raw", "interpreted"))
    sizes = [event.size for event in raw.events]
    assert sizes == [event.size for event in interpreted.events]
    assert {100, 150, 5000, 40, 128, 300, 24} <= set(sizes)
    assert len(raw.events) == 16


def test_the_kernel_events_are_slabs_and_aligned_pages():
    trace = read_any(FOLDER / "kmem.report")
    expected = ["c 0 96", "m 1 4097", "a 2 16384 16384", "f 1", "f 0", "m 3 64", "f 2"]
    assert lines(trace.events) == expected
    assert len([note for note in trace.notes if note.startswith("1 x free ")]) == 2


WRONG = {
    "mtrace": [("@ ./a:[0x1] + 0x10", "+ ADDRESS SIZE"), ("@ ./a:[0x1] > 0x10 0x8", "before"), ("hello", "mtrace")],
    "valgrind": [
        ("--1-- malloc(x) = 0x10", "malloc(SIZE)"),
        ("--1-- malloc(8)", "with its answer"),
        ("--1-- memalign(al 3, size 8) = 0x10", "alignment of 3"),
        ("--1-- realloc(7) = 0x10", "realloc(0xADDRESS,SIZE)"),
    ],
    "heaptrack": [
        ("+ 1 2", "heaptrack"),
        ("? 1", "heaptrack"),
        ("a 8 1\n+ 5", "of kind 5 before"),
        ("+ x y z", "SIZE"),
    ],
    "ftrace": [
        (" a-1 [0] 1.0: kmalloc: call_site=1 ptr=0x10", "bytes_req=a decimal number"),
        (" a-1 [0] 1.0: kfree: call_site=1", "ptr=a hexadecimal number"),
        (" a-1 [0] 1.0: mm_page_alloc: page=1 pfn=0x10 order=99", "an order up to 40"),
    ],
}


@pytest.mark.parametrize(("name", "line", "message"), [(n, *wrong) for n, all_ in WRONG.items() for wrong in all_])
def test_a_wrong_line_is_told_with_its_number_and_what_was_expected(name, line, message, tmp_path):
    file = written(tmp_path, f"\n{line}\n" if name != "mtrace" else f"= Start\n{line}\n")
    with pytest.raises(TraceError, match=r"expected .*; found: ") as caught:
        read_any(file, name)
    assert message in str(caught.value)
    assert caught.value.line == 2 + line.count("\n")


def test_a_format_that_is_forced_and_wrong_holds_no_allocation(tmp_path):
    with pytest.raises(Mistake, match="read as ftrace, it holds no allocation"):
        read_any(FOLDER / "valgrind.log", "ftrace")


def test_a_packed_file_of_heaptrack_is_told(tmp_path):
    file = tmp_path / "heaptrack.prog.zst"
    file.write_bytes(b"\x28\xb5\x2f\xfd\0\0\0\0")
    with pytest.raises(Mistake, match="zstd -d"):
        read_any(file)


def test_the_command_line_knows_the_same_formats():
    (option,) = [option for option in COMMANDS["replay"].params if option.name == "trace_format"]
    assert set(option.type.choices) == set(NAMES)


# ---------------------------------------------------------------- addresses


def test_a_block_whose_allocation_was_not_seen_is_left_out():
    into = Addresses()
    into.free(0x10)
    into.resize(0x20, 0x30, 8)
    into.free(0x30)
    assert lines(into.events) == ["m 0 8", "f 0"]
    assert len(into.notes) == 2


def test_a_free_that_was_not_seen_is_put_in():
    into = Addresses()
    into.allocate(0x10, 8)
    into.allocate(0x10, 9)
    assert lines(into.events) == ["m 0 8", "f 0", "m 1 9"]


def test_an_address_may_be_another_blocks_while_its_own_is_moved():
    into = Addresses()
    into.allocate(0x10, 8)
    into.lift(0x10)
    into.allocate(0x10, 9)
    into.drop(0x10, 0x20, 80)
    into.free(0x10)
    into.free(0x20)
    assert lines(into.events) == ["m 0 8", "m 1 9", "r 0 80", "f 1", "f 0"]
    assert into.notes == ()


def test_a_resize_to_nothing_frees_and_one_that_is_refused_changes_nothing():
    into = Addresses()
    into.allocate(0x10, 8)
    into.resize(0x10, 0, 1 << 60)
    into.resize(0x10, 0, 0)
    assert lines(into.events) == ["m 0 8", "f 0"]


# ---------------------------------------------------------------- aligned blocks


@pytest.mark.parametrize(
    ("line", "message"),
    [("a 1 3 8", "a power of two, not 3"), ("a 1 0 8", "a power of two, not 0"), ("a 1 8", "takes 3 numbers, not 2")],
)
def test_an_alignment_is_a_power_of_two(line, message, tmp_path):
    with pytest.raises(TraceError, match=message):
        read_trace(written(tmp_path, f"m 0 1\n{line}\n"))


def test_events_are_written_as_they_are_read(tmp_path):
    text = "m 0 1\nc 1 2\na 2 64 3\nr 2 4\nf 0\n"
    trace = read_trace(written(tmp_path, f"# a program\n{text}"))
    assert "".join(event.line() for event in trace.events) == text
    assert trace.events[2] == Event("a", 2, 3, 64)


@pytest.mark.parametrize("heap", serving())
def test_a_driver_knows_what_alignment_is_proved(heap):
    assert registry.live(heap, "driver").DRIVER.alignment == KINDS[heap].promise.alignment


ALIGNED = "a 0 16 10\na 1 64 100\na 2 4096 5000\na 3 1 0\na 4 32 18446744073709551615\n"
ALIGNED += "r 1 300\nr 2 9000\nr 0 5\nf 2\nf 1\nf 3\n"


@pytest.mark.parametrize(("heap", "larger"), [("segment_heap", 3), ("bin_heap", 1), ("bucket_heap", 4)])
def test_an_aligned_block_is_a_larger_one_with_an_aligned_place(heap, larger, tmp_path):
    result = replay(read_trace(written(tmp_path, ALIGNED)), heap, 1 if heap != "bucket_heap" else 5)
    assert (result.violations, result.aligned, result.refused) == ([], 5, 1)
    assert result.over_allocated == larger


def test_a_heap_whose_blocks_are_not_aligned_as_is_proved_is_refuted(tmp_path, monkeypatch):
    module = registry.live("segment_heap", "driver")
    monkeypatch.setattr(module, "DRIVER", replace(module.DRIVER, alignment=4096))
    result = replay(read_trace(written(tmp_path, "a 0 4096 10\na 1 4096 10\n")), "segment_heap")
    assert [violation.theorem for _, violation in result.violations] == ["segment_heap.is_aligned"]


def test_the_replay_says_what_was_read_and_that_larger_blocks_were_taken(run):
    status, out, _ = run("replay", FOLDER / "valgrind.log", "--heap", "segment_heap")
    assert status == 0
    assert "valgrind.log: read as valgrind" in out
    assert "3 of 3 aligned requests asked for more" in out
