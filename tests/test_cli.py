"""The command: exit statuses, one clear line for a mistake, documents with the promised keys, runnable scripts."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proofs import registry
from proofs.checking.evidence import searched
from tests.defects import address_space
from tests.spending import spent_so_far

ROOT = Path(__file__).parent.parent
QUICK = ["frame_allocator.get_header", "frame_allocator.largest_order"]
"""Operations whose theorems take a second or two."""


# ---------------------------------------------------------------- mistakes

MISTAKES = {
    "unknown subject": (["prove", "no_such_heap"], "no subject is called 'no_such_heap'"),
    "unknown subject to check": (["check", "no_such_heap"], "no subject is called 'no_such_heap'"),
    "unknown subject to list": (["list", "no_such_heap.free"], "no subject is called 'no_such_heap'"),
    "unknown subject to show": (["show", "no_such_heap.free.safety"], "no subject is called 'no_such_heap'"),
    "no jobs": (["prove", "--jobs", "0"], "0 is not in the range"),
    "jobs in words": (["prove", "--jobs", "two"], "is not a valid int"),
    "negative seed": (["prove", "--seed", "-1"], "-1 is not in the range"),
    "no steps": (["check", "--steps", "0"], "0 is not in the range"),
    "unknown option": (["prove", "--fast"], "No such option"),
    "unknown command": (["disprove"], "No such command"),
    "unknown format": (["prove", "--format", "xml"], "'xml' is not one of"),
    "missing source": (["prove", "segment_heap", "--source", "missing.py"], "missing.py"),
    "folder as source": (["check", "segment_heap", "--source", "."], "is a directory"),
    "missing trace": (["replay", "missing.trace", "--heap", "segment_heap"], "missing.trace"),
    "no heap": (["replay", __file__], "--heap"),
    "unknown heap": (["replay", __file__, "--heap", "no_such_heap"], "no subject is called 'no_such_heap'"),
    "no contract": (["check", "--crosshair", "no_such"], "no CrossHair contract is called no_such"),
    "contract of a variant": (["check", "--crosshair", "--source", __file__], "leave --source out"),
    "no traces": (["replay", __file__, "--heap", "frame_allocator"], "frame_allocator serves no trace"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_clear_line_and_status_2(run, name):
    arguments, message = MISTAKES[name]
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("drystone: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b"m 0 8\nf 1\n", 2, "block 1 is not live"),
        (b"m 0 8\nm 1 x8\n", 2, "not a number"),
        (b"m 0 8\nm 0 8\n", 2, "live already"),
        (b"hello\n", 1, "not an event"),
        (gzip.compress(b"m 0 8\nf 0\n" * 5000)[:-20], None, "damaged"),
    ],
)
def test_a_broken_trace_is_named_with_file_and_line_and_nothing_is_printed(run, tmp_path, text, line, message):
    file = tmp_path / "broken.trace"
    file.write_bytes(text)
    status, out, err = run("replay", file, "--heap", "segment_heap", "--format", "json")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
    assert err.startswith(f"drystone: {file}:{line or ''}")


def test_a_selection_that_meets_nothing_is_status_5(run):
    status, _, err = run("prove", "segment_heap.walk", "--no-cache")
    assert (status, err) == (5, "nothing is selected\n")
    assert run("list", "segment_heap.walk")[0] == 5
    assert run("show", "segment_heap.init.no_such_theorem")[0] == 5


@pytest.mark.parametrize("theorem", ["segment_heap.walk", "segment_heap.init.walks"])
def test_showing_what_is_no_theorem_is_status_5(run, theorem):
    status, out, err = run("show", theorem)
    assert (status, out) == (5, "")
    assert "no theorem is called" in err


def test_a_source_for_several_subjects_is_refused(run, variant):
    _, file = variant("fit_needs_more")
    status, out, err = run("prove", "--source", file)
    assert (status, out) == (2, "")
    assert "--source replaces the source of one subject" in err


def test_help_is_status_0(run):
    for arguments in (["--help"], ["prove", "-h"], ["check", "--help"], ["replay", "--help"], ["--version"]):
        assert run(*arguments)[0] == 0


# ---------------------------------------------------------------- prove

THEOREM = {"id", "subject", "operation", "sentence", "verdict", "obligations", "seconds", "cached"}
VERDICTS = {"REFUTED", "ERROR", "UNKNOWN", "VACUOUS", "PROVED IF", "PROVED"}


def test_prove_prints_one_document_with_the_promised_keys(run):
    status, out, _ = run("prove", *QUICK, "--no-cache", "--format", "json")
    document = json.loads(out)
    assert status == 0
    assert document.keys() == {"theorems", "relied", "unseen", "summary", "word"}
    assert document["theorems"]
    for theorem in document["theorems"]:
        assert theorem.keys() >= THEOREM
        assert theorem["verdict"] == "PROVED"
        assert theorem["cached"] is False
        assert theorem["id"].startswith(f"{theorem['subject']}.{theorem['operation']}.")
    assert document["summary"].keys() >= VERDICTS
    counts = document["summary"]
    assert counts["PROVED"] == len(document["theorems"]) == counts["theorems"] + counts["steps"]
    assert counts["steps"] == sum(theorem["step"] for theorem in document["theorems"])
    assert document["summary"]["obligations"] == sum(t["obligations"] for t in document["theorems"])


def test_the_last_line_carries_every_count(run):
    status, out, _ = run("prove", *QUICK, "--no-cache")
    last = out.splitlines()[-1]
    assert status == 0
    for verdict in VERDICTS:
        assert verdict in last
    assert "obligations" in last
    assert "\x1b" not in out


TIMES = ("seconds", "slowest")


def timeless(text: str):
    document = json.loads(text)
    for item in [*document["theorems"], document["summary"]]:
        for key in TIMES:
            item.pop(key, None)
    return document


def test_the_document_does_not_depend_on_jobs(run):
    one, three = (run("prove", *QUICK, "--no-cache", "--jobs", n, "--format", "json") for n in (1, 3))
    assert timeless(one[1]) == timeless(three[1])
    assert (one[0], one[2]) == (three[0], three[2])


def test_a_second_run_takes_every_proof_from_the_cache(run, tmp_path):
    first = run("prove", *QUICK, "--cache", tmp_path / "c", "--format", "json")
    second = run("prove", *QUICK, "--cache", tmp_path / "c", "--format", "json")
    assert first[0] == second[0] == 0
    before, after = json.loads(first[1]), json.loads(second[1])
    assert not any(t["cached"] for t in before["theorems"])
    assert all(t["cached"] for t in after["theorems"] if t["solved"])
    assert [t["id"] for t in before["theorems"]] == [t["id"] for t in after["theorems"]]
    assert after["summary"]["seconds"] < before["summary"]["seconds"] / 2


@pytest.fixture
def known(tmp_path):
    """A cache of one's own with all that this tree's holds: what is known already need not be found out by a test."""
    kept = ROOT / ".drystone" / "cache.sqlite"
    if kept.is_file():
        shutil.copy(kept, tmp_path / "c")
    return tmp_path / "c"


@pytest.mark.slow
def test_everything_from_the_cache_takes_less_than_two_seconds(known):
    command = [sys.executable, "-m", "proofs.cli", "prove", "segment_heap", "--cache", str(known), "--format"]
    first = subprocess.run([*command, "json"], cwd=ROOT, capture_output=True, text=True, check=True)
    begun = spent_so_far()
    second = subprocess.run([*command, "json"], cwd=ROOT, capture_output=True, text=True, check=True)
    took = spent_so_far() - begun
    cold, warm = json.loads(first.stdout)["summary"], json.loads(second.stdout)["summary"]
    assert warm["PROVED"] == cold["PROVED"] == cold["theorems"] + cold["steps"]
    assert took < 2  # of the processor, which other work does not make more


def test_a_damaged_cache_is_a_note_and_the_run_goes_on(run, tmp_path):
    file = tmp_path / "c"
    file.write_bytes(b"no database\n" * 100)
    status, out, _ = run("prove", "frame_allocator.largest_order.relocatable", "--cache", file)
    assert status == 0
    assert out.startswith(f"note: {file}: not a usable cache")
    assert file.read_bytes() == b"no database\n" * 100


def test_without_cache_no_file_is_written(run, tmp_path):
    run("prove", "frame_allocator.largest_order.relocatable", "--no-cache")
    assert list(tmp_path.iterdir()) == []


def test_a_defect_is_refuted_with_status_1_and_told_in_words(run, variant):
    defect, file = variant("fit_needs_more")
    status, out, _ = run("prove", *defect.theorems, "--source", file, "--no-cache", "--only")
    assert status == 1
    for words in ("REFUTED", "not shown: ", "at ", "on the path where", "a run of the real allocator that breaks it:"):
        assert words in out
    assert ", 0 REFUTED" not in out.splitlines()[-1]


def test_a_defect_of_the_page_tables_is_refuted_by_a_run(run, tmp_path):
    defect = next(d for d in address_space.DEFECTS if d.name == "translates_to_the_page")
    file = tmp_path / "broken.py"
    file.write_text(defect.source())
    status, out, _ = run("prove", *defect.theorems, "--source", file, "--no-cache", "--only")
    assert status == 1
    assert f"REFUTED {defect.theorems[0]}" in out.replace("  ", " ")
    assert "world.translate(" in out


def test_crosshair_contracts_are_explored(run):
    status, out, _ = run("check", "--crosshair", "align_up", "is_aligned")
    assert status == 0
    assert out.startswith("CHECKED  crosshair.align_up.least_multiple: ")
    assert "2 contracts: 2 CHECKED" in out
    status, out, _ = run("check", "--crosshair", "is_aligned", "--format", "json")
    assert [found["verdict"] for found in json.loads(out)] == ["CHECKED"]


def test_source_that_is_no_python_is_an_error_not_a_traceback(run, tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("def broken(:\n")
    status, out, err = run("prove", "segment_heap.init", "--source", file, "--no-cache")
    assert status == 2
    assert "Traceback" not in out + err


def test_the_command_is_installed():
    command = [str(Path(sys.executable).parent / "drystone"), "prove", "no_such_heap"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


# ---------------------------------------------------------------- early ends, what is left out, vacuity


SPOILED = {
    "raises SystemExit(0)": "raise SystemExit(0)",
    "exits with 0": "import os\nos._exit(0)",
    "is killed": "import os\nos.kill(os.getpid(), 9)",
    "raises KeyboardInterrupt": "raise KeyboardInterrupt",
}


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("command", ["prove", "check"])
@pytest.mark.parametrize("end", SPOILED)
def test_a_source_that_ends_the_process_is_status_2(run, tmp_path, command, end, jobs):
    file = tmp_path / "spoiled.py"
    file.write_text((ROOT / "impl" / "segment_heap.py").read_text() + f"\n{SPOILED[end]}\n")
    options = ["--no-cache", "--jobs", jobs] if command == "prove" else ["--steps", "10"]
    select = "segment_heap.dump" if command == "prove" else "segment_heap"
    status, out, err = run(command, select, "--source", file, *options)
    assert status == 2
    assert "ERROR" in out or err.splitlines()[-1].startswith("drystone: ")
    assert "CHECKED" not in out


def raising(error):
    raise error


@pytest.mark.parametrize("error", [SystemExit(0), SystemExit(None), GeneratorExit(), BaseException("strange")])
def test_an_exception_that_is_none_is_no_success(run, monkeypatch, error):
    monkeypatch.setattr(registry, "subjects_of", lambda select: raising(error))
    status, out, err = run("prove", "segment_heap")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("drystone: this is an error of the tool itself")


@pytest.mark.slow
def test_what_a_theorem_rests_on_is_proved_with_it_and_said_in_one_line(run, known):
    status, out, _ = run("prove", "virtual_memory.unmap", "--cache", known)
    assert status == 0
    assert re.search(r"^rests on \d+ theorems( and \d+ steps)? of \d+ operations?, all PROVED$", out, re.M)


def test_told_to_leave_that_out_it_ends_3_and_says_what_it_did_not_look_at(run, known):
    status, out, _ = run("prove", "virtual_memory.unmap", "--only", "--cache", known)
    assert status == 3
    assert re.search(r"^not looked at: .*address_space\.unmap", out, re.M)
    assert " 0 PROVED," in out.splitlines()[-1]
    _, out, _ = run("prove", "virtual_memory.unmap", "--only", "--cache", known, "--format", "json")
    document = json.loads(out)
    assert document["relied"] == []
    assert "address_space.unmap" in document["unseen"]
    assert {theorem["verdict"] for theorem in document["theorems"]} == {"PROVED IF"}


NEVER = """

from dataclasses import replace
from model.language.logic import Clause

NEVER = Clause("never", "nothing is meant", lambda state, heap, ghost, given: (ghost.count > 5) & (ghost.count < 3))
SUBJECT = replace(SUBJECT, operations=tuple(
    replace(o, requires=(*o.requires, NEVER)) if o.name == "dump" else o for o in SUBJECT.operations
))
"""
"""Makes a model in which one operation requires what nothing can fulfil."""


@pytest.fixture
def elsewhere(tmp_path):
    """A copy of the project; what it says of the dump of the segment heap, of a source that is given or its own."""
    for package in ("model", "impl", "proofs"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))

    def proving(*options):
        command = [sys.executable, "-m", "proofs.cli", "prove", "segment_heap.dump", "--only", "--no-cache"]
        command += ["--format", "json"]
        done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, {t["id"]: t["verdict"] for t in json.loads(done.stdout)["theorems"]}

    return proving


@pytest.mark.parametrize("given", [False, True])
def test_a_contradictory_precondition_is_vacuous_of_whatever_source(elsewhere, tmp_path, given):
    options = ["--source", str(ROOT / "impl" / "segment_heap.py")] if given else []
    status, verdicts = elsewhere(*options)
    assert status == 3 and set(verdicts.values()) == {"PROVED IF"}
    with (tmp_path / "proofs" / "segment_heap" / "subject.py").open("a") as model:
        model.write(NEVER)
    status, verdicts = elsewhere(*options)
    assert status == 1
    assert verdicts["segment_heap.dump.reachable"] == "VACUOUS"


def test_a_run_is_looked_for_as_long_as_is_asked_for(run):
    assert 60 <= searched("block_heap", None, 60).steps < 1000
    status, _, err = run("prove", "segment_heap.dump", "--search", 0)
    assert status == 2 and "--search" in err


def test_of_a_source_whose_scenario_ends_early_nobody_says_that_it_is_vacuous(run, tmp_path):
    """The scenario is played on that source; what is remembered of the other one makes no difference."""
    file = tmp_path / "copy.py"
    text = (ROOT / "impl" / "segment_heap.py").read_text()
    line = '        check_word(size, "size")\n'
    assert line in text
    file.write_text(text.replace(line, line + "        size = size // (size - size)\n", 1))
    told = []
    for options in ([], ["--source", file], ["--source", file, "--no-cache"]):
        _, out, _ = run("prove", "segment_heap.dump", "--format", "json", *options)
        told.append({one["id"]: one["verdict"] for one in json.loads(out)["theorems"]})
    before, *after = told
    assert before["segment_heap.dump.reachable"] == "PROVED"
    assert after[0] == after[1]
    assert "REFUTED" in after[0].values()
    assert "segment_heap.dump.reachable" not in after[0]


@pytest.mark.parametrize("command", ["list bin_heap", "audit"])
def test_a_reader_who_leaves_is_no_error(command):
    """``drystone ... | head -1`` says nothing more; what is printed is more than a pipe holds."""
    text = f"{sys.executable} -m proofs.cli {command} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert len(done.stdout.splitlines()) == 1
