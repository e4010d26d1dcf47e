"""What continuous integration reads says the same as the JSON document: no failure is lost, none is made up."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.formats.case import Case, Place, lacking
from proofs.formats.documents import OF
from proofs.formats.github import github
from proofs.formats.junit import junit
from proofs.formats.markdown import markdown
from proofs.formats.sarif import sarif
from proofs.formats.writing import written

ROOT = Path(__file__).parent.parent
FAILURE = {
    "sentence": "no segment that the walk passed is free and large enough",
    "line": "segment_heap.py:89 in allocate",
    "path": ["segment_heap.py:84 in allocate: size == 0 -> False"],
    "values": {"size": "0xff81"},
    "reason": "",
}


def theorem(name: str, verdict: str, *failures: dict, trace: str = "") -> dict:
    return {
        "id": f"segment_heap.allocate.{name}",
        "subject": "segment_heap",
        "operation": "allocate",
        "sentence": f"the sentence of {name}",
        "verdict": verdict,
        "seconds": 0.25,
        "failures": list(failures),
        "trace": trace,
    }


VERDICTS = ["PROVED", "REFUTED", "VACUOUS", "UNKNOWN", "PROVED IF", "ERROR"]
PROVE = {
    "theorems": [
        theorem("good", "PROVED"),
        theorem("first_fit", "REFUTED", FAILURE, trace="heap.allocate(5)"),
        theorem("reachable", "VACUOUS", FAILURE | {"line": "_corrupted:326 < allocate:93", "sentence": ""}),
        theorem("open", "UNKNOWN", FAILURE | {"line": "", "reason": "canceled"}),
        theorem("if", "PROVED IF"),
        theorem("failed", "ERROR"),
    ],
    "stability": {"obligations": [{"theorem": "a.b.c", "obligation": 2, "flips": 3}, {"theorem": "d", "flips": 0}]},
}
CHECK = [
    {"subject": "block_heap", "verdict": "CHECKED", "steps": 9, "clauses_evaluated": 99, "theorem": None}
    | {"sentence": None, "script": None},
    {"subject": "bin_heap", "verdict": "REFUTED", "steps": 3, "clauses_evaluated": 30, "theorem": "bin_heap.free.x"}
    | {"sentence": "the sentence", "script": "replay(...)"},
]
C = {
    "subject": "mine.c",
    "verdict": "REFUTED",
    "builds": [
        {"build": "plain", "verdict": "REFUTED", "why": "", "theorem": "heap.apart", "sentence": "they overlap"}
        | {"how": "step 3", "calls": ["malloc 5 0"], "seconds": 0.1},
        {"build": "ubsan", "verdict": "CHECKED", "why": ""},
        {"build": "32 bits", "verdict": "LEFT OUT", "why": "the compiler has no 32-bit library"},
    ],
}
CROSSHAIR = [
    {"id": "crosshair.a", "sentence": "s", "verdict": "CHECKED", "detail": "9 paths", "seconds": 1.0},
    {"id": "crosshair.b", "sentence": "s", "verdict": "UNKNOWN", "detail": "paths remain", "seconds": 1.0},
]
GALLERY = [
    {"id": "S1", "subject": "segment_heap", "sentence": "it wraps", "lacking": ""},
    {"id": "S2", "subject": "segment_heap", "sentence": "it leaks", "lacking": "no theorem refutes it"},
]
MUTANT = {"subject": "segment_heap", "function": "free", "module": "impl.segment_heap", "line": 7, "change": "> to >="}
MUTATE = {
    "mutants": [
        MUTANT | {"fate": fate, "theorem": "t", "how": "a run", "seconds": 1.0}
        for fate in ("refuted", "unproved", "survived", "equivalent", "timeout", "crash")
    ],
    "complaints": ["segment_heap: no such mutant"],
}
DOUBT = {
    "cases": [
        {"id": "a", "kind": "k", "statement": "s", "answer": "refused", "why": "w", "shown": "x", "complaint": ""},
        {"id": "b", "kind": "k", "statement": "s", "answer": "proved", "why": "w", "shown": "x", "complaint": "bad"},
    ]
}
DOCUMENTS = {
    "proofs": ("prove", PROVE, 6),
    "checks": ("check", CHECK, 1),
    "C": ("check", C, 1),
    "nothing built": ("check", {**C, "verdict": "LEFT OUT", "builds": C["builds"][2:]}, 1),
    "CrossHair": ("check", CROSSHAIR, 1),
    "gallery": ("gallery", GALLERY, 1),
    "mutants": ("mutate", MUTATE, 4),
    "doubt": ("doubt", DOUBT, 1),
}
"""Command, its document, and how many cases of it are not good."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_case_that_is_not_good_is_in_every_format_once_and_no_other(name):
    command, document, count = DOCUMENTS[name]
    cases = OF[command](document, None)
    bad = lacking(cases)
    assert len(bad) == count
    root = ElementTree.fromstring(junit(command, cases))
    tests = {test.get("name"): test for test in root.iter("testcase")}
    assert {name for name, test in tests.items() if len(test)} == {case.id for case in bad}
    assert int(root.get("failures")) + int(root.get("errors")) == len(bad)
    assert int(root.get("tests")) == len(cases)
    results = json.loads(sarif(command, cases))["runs"][0]["results"]
    assert [one["ruleId"] for one in results] == [case.id for case in bad]
    lines = github(command, cases).splitlines()
    assert sum(line.startswith(("::error ", "::warning ")) for line in lines) == len(bad) == len(lines) - 1
    assert lines[-1] == f"drystone {command}: {len(cases) - len(bad)} of {len(cases)} good"
    text = markdown(command, cases)
    assert all(f"**{case.verdict}** `{case.id}`" in text for case in bad)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_only_proved_is_good_and_only_what_is_shown_to_be_wrong_is_a_failure(verdict):
    (case,) = OF["prove"]({"theorems": [theorem("t", verdict)]}, None)
    assert case.good == (verdict == "PROVED")
    assert case.failed == (verdict in ("REFUTED", "VACUOUS"))


def test_an_annotation_stands_at_the_line_of_the_users_own_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = {case.id.split(".")[-1]: case for case in OF["prove"](PROVE, tmp_path / "mine.py")}
    assert cases["first_fit"].place == Place("mine.py", 89)
    assert cases["reachable"].place == Place("mine.py", 326)
    assert cases["open"].place is None and cases["failed"].place is None
    monkeypatch.chdir(ROOT)
    (case,) = OF["prove"]({"theorems": [theorem("t", "REFUTED", FAILURE)]}, None)
    assert case.place == Place("impl/segment_heap.py", 89)
    assert "file=impl/segment_heap.py,line=89,title=REFUTED segment_heap.allocate.t::" in github("prove", [case])
    place = json.loads(sarif("prove", [case]))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "impl/segment_heap.py"}, "region": {"startLine": 89}}


def test_a_mutant_stands_at_its_line(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert {case.place for case in OF["mutate"](MUTATE, None)} == {Place("impl/segment_heap.py", 7), None}


TEXT = st.text(max_size=30)


@given(TEXT, TEXT, TEXT)
def test_no_text_breaks_a_format(id_, sentence, detail):
    case = Case(id_, "group", sentence, "REFUTED", good=False, failed=True, detail=detail, place=Place(id_, 1))
    root = ElementTree.fromstring(junit("prove", [case]))
    assert len(root.findall(".//failure")) == 1
    assert len(json.loads(sarif("prove", [case]))["runs"][0]["results"]) == 1
    annotation, last = re.split(r"[\r\n]", github("prove", [case]))
    assert annotation.startswith("::error file=") and last == "drystone prove: 0 of 1 good"
    assert markdown("prove", [case]).startswith("### drystone prove: 1 of 1 not good")


def test_what_a_check_finds_is_annotated_and_ends_1(run, variant):
    defect, file = variant("taken_stays_free")
    status, out, _ = run("check", "segment_heap", "--steps", "4000", "--source", file, "--format", "github")
    assert status == 1 and defect.fault
    assert re.match(r"::error file=taken_stays_free.py,line=(?!1,)\d+,title=REFUTED segment_heap\.", out)


def test_the_json_document_is_what_the_formats_are_made_of():
    assert json.loads(written("gallery", GALLERY, "json")) == GALLERY
