"""check and replay: random histories and real traces, told in words and as documents."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from proofs import registry

ROOT = Path(__file__).parent.parent


def test_check_without_a_violation_is_status_0_and_checked_not_proved(run):
    status, out, _ = run("check", "segment_heap", "--steps", "200")
    assert status == 0
    assert out.startswith("CHECKED  segment_heap: ")
    assert "PROVED" not in out
    assert int(out.split(": ")[1].split()[0]) >= 200


def test_check_without_a_name_runs_every_subject(run):
    status, out, err = run("check", "--steps", "5", "--format", "json")
    assert (status, err) == (0, "")
    expected = [name for name in registry.SUBJECTS if registry.has_live(name, "rules")]
    assert [found["subject"] for found in json.loads(out)] == expected


def test_check_finds_a_defect_and_prints_a_script_that_shows_it(run, variant, tmp_path):
    defect, file = variant("taken_stays_free")
    status, out, _ = run("check", "segment_heap", "--steps", "4000", "--source", file, "--format", "json")
    (found,) = json.loads(out)
    assert status == 1
    assert found["verdict"] == "REFUTED"
    assert found["theorem"].startswith("segment_heap.")
    assert found["sentence"]
    script = tmp_path / "history.py"
    script.write_text(found["script"])
    for edition, expected in ((file, 1), (None, 0)):
        command = [sys.executable, str(script), *([str(edition)] if edition else [])]
        environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == expected, done.stdout + done.stderr
    assert defect.fault


# ---------------------------------------------------------------- replay


def test_replay_prints_one_document_with_the_promised_keys(run, tmp_path):
    file = tmp_path / "small.trace.gz"
    file.write_bytes(gzip.compress(b"m 0 100\nc 1 5000\nr 0 200\nf 1\nf 0\n"))
    status, out, err = run("replay", file, "--heap", "segment_heap", "--every", "1", "--format", "json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert {"events", "peak_live_bytes", "peak_mapped_bytes", "loads_and_stores", "violations"} <= document.keys()
    assert (document["events"], document["violations"]) == (5, [])
    assert document["peak_live_bytes"] == 5200
    assert document["peak_mapped_bytes"] >= 5200
    assert document["loads_and_stores"] > 0


def test_replay_says_in_words_how_much_was_checked(run, tmp_path):
    file = tmp_path / "small.trace"
    file.write_text("m 0 100\nf 0\n")
    status, out, _ = run("replay", file, "--heap", "segment_heap")
    assert status == 0
    assert "2 of 2 events" in out
    assert "0 violations" in out


@pytest.mark.parametrize("heap", ["bin_heap", "segment_heap"])
def test_a_replay_that_ends_where_it_was_told_to_blames_no_heap(run, tmp_path, heap):
    file = tmp_path / "short.trace"
    file.write_text("m 1 24\nm 2 100\nf 1\n")
    status, out, _ = run("replay", file, "--heap", heap, "--events", "2")
    assert status == 0
    assert "2 of 3 events" in out
    assert "not the whole trace: as was asked; --all goes on" in out
    assert "walks" not in out
    assert "not the whole" not in run("replay", file, "--heap", heap)[1]
