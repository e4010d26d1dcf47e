"""The gallery itself: what is true is seen to be PROVED, and whatever should not stand so ends the command with 1."""

import json
import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from proofs import cli, doubt
from proofs.doubt import gallery, report
from proofs.doubt.case import KINDS, Answer, Case, Finding, Lost, Reply, Silent, apart, found
from proofs.doubt.pairs import Other, asked, bump, pair, says_1
from proofs.doubt.toys import Toy, clause, result_is, run
from tests.doubt.judging import expected, recorded

ROOT = Path(__file__).parent.parent.parent
README, EVIDENCE = (ROOT / "README.md").read_text(), (ROOT / "proofs" / "EVIDENCE.md").read_text()
ONE = "\n    def run(self, n):\n        return 1\n"
TRUE = Toy("true", "the result is 1", ONE, (result_is(1),))
FALSE = Toy("false", "the result is 0", ONE, (result_is(0),))


def case_of(answer=Answer.REFUTED, shown="it returns 1"):
    return Case("one", "state", "a sentence", "a program", lambda: Reply(answer, "why"), lambda: shown)


def status_of(monkeypatch, capfd, cases, *arguments):
    monkeypatch.setattr(gallery, "cases", lambda: tuple(cases))
    monkeypatch.setattr("sys.argv", ["drystone", "doubt", "--jobs", "1", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code, capfd.readouterr().out


def test_a_true_statement_is_proved_and_so_complained_of():
    finding = found(TRUE.case("state"))
    assert finding.answer == Answer.PROVED.value
    assert finding.complaint
    assert finding.shown == ""


def test_a_false_statement_is_refuted_and_shown_false():
    finding = found(FALSE.case("state"))
    assert (finding.answer, finding.complaint) == (Answer.REFUTED.value, "")
    assert finding.shown == "run(n=5) returns 1, which breaks result_is_0"


def test_a_contract_that_is_kept_is_proved():
    kept = bump((says_1,))
    assert asked(pair("kept", "", kept, (Other("return 1", kept),), demands=(result_is(1),))).answer is Answer.PROVED


def test_a_run_breaks_what_is_false_of_it_and_nothing_else():
    both = replace(FALSE, demands=(result_is(0), result_is(1)))
    assert run(both)[1] == {"result_is_0"}


def test_a_run_that_the_theorems_do_not_speak_of_is_no_run():
    with pytest.raises(ValueError, match="not of this run"):
        run(replace(FALSE, arguments={"n": -1}))


def test_a_run_without_an_end_is_seen():
    endless = Toy(
        "endless", "", "\n    def run(self, n):\n        while True:\n            pass\n", (clause(lambda t: True),)
    )
    assert run(endless)[1] == {"terminates"}


def test_a_case_that_is_not_shown_false_is_complained_of():
    assert found(case_of(shown="")).complaint


def test_the_command_ends_0_if_nothing_false_is_proved(monkeypatch, capfd):
    assert status_of(monkeypatch, capfd, [case_of()])[0] == 0


@pytest.mark.parametrize("case", [case_of(Answer.PROVED), case_of(shown="")])
def test_the_command_ends_1_if_something_should_not_stand_so(monkeypatch, capfd, case):
    status, out = status_of(monkeypatch, capfd, [case])
    assert status == 1
    assert "1 that should not stand so" in out


def test_the_command_tells_everything_as_data(monkeypatch, capfd):
    status, out = status_of(monkeypatch, capfd, [case_of()], "--format", "json")
    document = json.loads(out)
    assert status == 0
    assert document["cases"][0]["shown"] == "it returns 1"
    assert document["kinds"]["state"] == {"cases": 1, "refused": 0, "refuted": 1, "not proved": 0, "PROVED": 0}


def test_an_unknown_case_is_a_mistake_in_the_use(monkeypatch, capfd):
    assert status_of(monkeypatch, capfd, [case_of()], "nothing")[0] == 2


def test_a_prover_that_ends_without_a_word_has_proved_what_it_was_asked():
    finding = found(replace(case_of(), ask=lambda: os._exit(0)))
    assert finding.complaint == "the prover calls it PROVED"
    assert found(replace(case_of(), ask=lambda: os._exit(3))).answer == Answer.NOT_PROVED.value


def test_what_happens_to_a_process_happens_to_no_other():
    assert apart(lambda: 7) == 7
    with pytest.raises(Silent):
        apart(lambda: os._exit(0))
    with pytest.raises(Lost, match="ZeroDivisionError"):
        apart(lambda: 1 // 0)


def test_the_table_counts_the_cases_of_each_kind():
    findings = [
        Finding("state.a", "state", "", "refused", "", "shown"),
        Finding("state.b", "state", "", "not proved", "", "shown"),
    ]
    assert report.table(findings).splitlines()[2] == "| state that is not memory | 2 | 1 | 0 | 1 |"


def test_every_module_that_holds_cases_hangs_in_the_gallery():
    folder = Path(doubt.__file__).parent
    modules = [import_module(f"proofs.doubt.{file.stem}") for file in folder.glob("*.py") if file.stem != "__init__"]
    assert {m for m in modules if hasattr(m, "TOYS")} == set(gallery.PROGRAMS)
    assert {m for m in modules if hasattr(m, "CASES")} == set(gallery.OTHERS)


def test_every_kind_has_cases_and_every_case_a_name_of_its_own():
    names = [case.id for case in gallery.cases()]
    assert len(set(names)) == len(names)
    assert {case.kind for case in gallery.cases()} == KINDS.keys()


def test_every_case_has_its_known_answer():
    assert expected().keys() == {case.id for case in gallery.cases()}
    assert set(expected().values()) <= {Answer.REFUSED.value, Answer.REFUTED.value, Answer.NOT_PROVED.value}


@pytest.mark.skipif("drystone doubt" not in README, reason="the README does not speak of the command")
def test_the_readme_tells_how_many_cases_of_each_kind_there_are():
    assert report.ROW.format(len(gallery.cases())) in README
    assert report.table(recorded()) in EVIDENCE
