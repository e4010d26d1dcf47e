"""Traces: what is a trace and what is not; replay keeps contents, checks invariants, and tells what it saw."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from proofs import registry
from proofs.checking.bench import load_edition
from proofs.checking.replay import replay
from proofs.checking.trace import Event, TraceError, read_trace
from tests.defects.segment_heap import DEFECTS

GOOD = "m 0 100\nc 1 5000\nr 0 200\nf 1\nm 1 0\nr 1 70000\nf 1\nm 7 18\n"


def written(path: Path, text: str | bytes) -> Path:
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["plain.trace", "zipped.trace.gz"])
def test_a_trace_is_read(tmp_path: Path, name: str) -> None:
    trace = read_trace(written(tmp_path / name, GOOD))
    assert len(trace.events) == 8
    assert trace.events[0] == Event("m", 0, 100)
    assert trace.events[3] == Event("f", 1, 0)
    assert trace.peak_live_bytes() == 70200


def test_gzip_is_recognised_by_content(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_bytes(gzip.compress(GOOD.encode()))
    assert len(read_trace(path).events) == 8


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x 1 2", "not an event"),
        ("", "not an event"),
        ("m 1", "takes 2 numbers, not 1"),
        ("f 0 1", "takes 1 numbers, not 2"),
        ("m 1 2 3", "takes 2 numbers, not 3"),
        ("m -1 2", "not a number"),
        ("m 1 0x10", "not a number"),
        ("m 1 18446744073709551616", "not a number"),
        ("m 1 ²", "not a number"),
        ("m 1 " + "9" * 5000, "not a number"),
        ("m 0 8", "block 0 is live already"),
        ("c 0 8", "block 0 is live already"),
        ("f 9", "block 9 is not live"),
        ("r 9 8", "block 9 is not live"),
        ("\0\1\2", "not an event"),
    ],
)
def test_a_wrong_line_is_told_by_its_number(tmp_path: Path, line: str, message: str) -> None:
    path = written(tmp_path / "wrong.trace", f"m 0 1\n{line}\nf 0\n")
    with pytest.raises(TraceError, match=message) as caught:
        read_trace(path)
    assert (caught.value.file, caught.value.line) == (str(path), 2)
    assert str(caught.value).startswith(f"{path}:2: ")


def test_a_truncated_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.trace.gz"
    whole = gzip.compress("".join(f"m {number} {number * 7919 % 1000}\n" for number in range(5000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TraceError, match="damaged") as caught:
        read_trace(path)
    assert caught.value.line > 1


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "damaged.trace.gz"
    data = bytearray(gzip.compress(GOOD.encode()))
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(TraceError):
        read_trace(path)


def test_an_empty_trace_replays(tmp_path: Path) -> None:
    result = replay(read_trace(written(tmp_path / "empty", "")), "segment_heap")
    assert (result.events, result.violations) == (0, [])


@pytest.mark.parametrize("every", [1, 3, 1000])
def test_a_replay_tells_what_it_saw(tmp_path: Path, every: int) -> None:
    result = replay(read_trace(written(tmp_path / "good", GOOD)), "segment_heap", every)
    assert result.violations == []
    assert result.events == result.events_in_trace == 8
    assert result.peak_live_bytes == 70200
    assert result.peak_mapped_bytes > 70200
    assert result.loads_and_stores > 0
    assert result.checked_calls >= 2
    assert result.refused == 0


def test_requests_that_no_machine_serves_are_refused_not_violations(tmp_path: Path) -> None:
    text = "m 0 100\nm 1 18446744073709551615\nr 0 18446744073709551615\nf 1\nf 0\n"
    trace = read_trace(written(tmp_path / "huge", text))
    result = replay(trace, "segment_heap", 1)
    assert (result.violations, result.refused, result.events) == ([], 2, 5)


def test_a_limit_is_kept_and_progress_told(tmp_path: Path) -> None:
    text = "".join(f"m {number} 16\n" for number in range(600))
    told: list[tuple[int, int]] = []
    trace = read_trace(written(tmp_path / "long", text))
    result = replay(trace, "segment_heap", progress=lambda *seen: told.append(seen), limit=520)
    assert (result.events, result.events_in_trace) == (520, 600)
    assert told == [(256, 520), (512, 520)]


def test_an_unknown_heap_is_named(tmp_path: Path) -> None:
    with pytest.raises(registry.UnknownSubject):
        replay(read_trace(written(tmp_path / "empty", "")), "no_heap")


@pytest.mark.parametrize("name", ["merges_previous_only", "split_leaves_last_segment", "taken_stays_free"])
@pytest.mark.parametrize("every", [1, 7])
def test_a_replay_finds_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, every: int) -> None:
    defect = next(d for d in DEFECTS if d.name == name)
    module = registry.live("segment_heap", "driver")
    driver = module.DRIVER
    faulty = load_edition(driver.bench.module, defect.source())
    bench = replace(driver.bench, module=faulty)
    monkeypatch.setattr(module, "DRIVER", replace(driver, bench=bench))
    text = "".join(f"m {number} 100\n" for number in range(20)) + "".join(f"f {n}\n" for n in range(20))
    result = replay(read_trace(written(tmp_path / "trace", text)), "segment_heap", every)
    assert len(result.violations) == 1
    assert result.violations[0][0] <= 41
