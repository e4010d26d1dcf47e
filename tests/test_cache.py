"""The cache keeps proofs and nothing else, for exactly the text, solver and options that they were found with."""

import sqlite3
from dataclasses import replace
from types import SimpleNamespace

import pytest

from proofs.engine import cache as caching
from proofs.engine import program
from proofs.engine.cache import Cache
from proofs.engine.discharge import Answer
from proofs.engine.verdict import Verdict
from tests.toys import Toy, ensures

RUN = """
    def run(self, n):
        self.a = n
        return self.a // 2
"""
TRUE = ensures("true", lambda t: t.result * 2 <= t.n)
FALSE = ensures("false", lambda t: t.result * 2 == t.n)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "cache.sqlite"


def run(file, toy=None, **options):
    toy = toy or Toy(RUN, "", [TRUE])
    return toy.report(cache=Cache(file), **options)


def cached(report):
    return {t.id.split(".")[-1]: t.cached for t in report.theorems if t.obligations}


def test_the_first_run_solves_and_the_second_takes_the_proofs_from_the_cache(file):
    first, second = run(file), run(file)
    assert set(cached(first).values()) == {False}
    assert set(cached(second).values()) == {True}
    assert second.verdict is Verdict.PROVED
    plain = [
        [replace(t, cached=False, seconds=0.0, slowest=0.0) for t in report.theorems] for report in (first, second)
    ]
    assert plain[0] == plain[1]


def test_a_remembered_proof_need_not_be_executed_again(file, monkeypatch):
    run(file)
    monkeypatch.setattr("proofs.engine.gathering.collect", lambda *more: pytest.fail("executed again"))
    assert set(cached(run(file)).values()) == {True}


def test_a_refutation_is_worked_out_again_each_time(file):
    toy = Toy(RUN, "", [TRUE, FALSE])
    first, second = run(file, toy), run(file, toy)
    assert first.verdict is second.verdict is Verdict.REFUTED
    assert cached(second)["false"] is False
    assert cached(second)["true"] is True
    assert [t.failures for t in second.theorems] == [t.failures for t in first.theorems]
    assert answers(file) == {"unsat"}


def answers(file):
    with sqlite3.connect(file) as connection:
        return {answer for (answer,) in connection.execute("SELECT answer FROM answers")}


@pytest.mark.parametrize("answer", ["sat", "unknown", "error"])
def test_only_proofs_are_kept(file, answer):
    cache = Cache(file)
    cache.put("key", Answer(answer, 1))
    cache.put("proof", Answer("unsat", 1))
    cache.save()
    assert Cache(file).get("key") is None
    assert Cache(file).get("proof") == Answer("unsat", 1)


def test_an_answer_that_is_no_proof_is_not_believed_even_if_it_is_in_the_file(file):
    cache = Cache(file)
    cache.put("key", Answer("unsat", 1))
    cache.save()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE answers SET answer = 'sat'")
    assert Cache(file).get("key") is None


def test_a_changed_source_is_proved_again(file):
    run(file)
    changed = Toy(RUN.replace("// 2", "// 2 + 1"), "", [TRUE])
    report = run(file, changed)
    assert cached(report)["true"] is False
    assert report.verdict is Verdict.REFUTED


def fingerprint():
    """That of a process which has read nothing yet."""
    program.look_again()
    return program.source_fingerprint()


@pytest.mark.parametrize("package", range(3))
def test_what_is_remembered_depends_on_every_source_file(tmp_path, monkeypatch, package):
    (tmp_path / "module.py").write_text("x = 1\n")
    packages = list(program.PACKAGES)
    packages[package] = SimpleNamespace(__path__=[str(tmp_path)])
    monkeypatch.setattr(program, "PACKAGES", packages)
    before = fingerprint()
    assert fingerprint() == before
    (tmp_path / "module.py").write_text("x = 2\n")
    changed = fingerprint()
    (tmp_path / "more.py").write_text("")
    assert len({before, changed, fingerprint()}) == 3


def test_another_seed_is_another_proof(file):
    run(file)
    assert set(cached(run(file, seed=1)).values()) == {False}
    assert set(cached(run(file, seed=1)).values()) == {True}


def test_the_key_depends_on_text_seed_solver_and_budget(monkeypatch):
    key = Cache.key("text", 0)
    assert key == Cache.key("text", 0)
    assert key != Cache.key("text ", 0)
    assert key != Cache.key("text", 1)
    monkeypatch.setattr(caching, "BUDGET", caching.BUDGET + 1)
    assert key != Cache.key("text", 0)
    monkeypatch.undo()
    monkeypatch.setattr(caching.z3, "get_version_string", lambda: "another")
    assert key != Cache.key("text", 0)


def test_no_path_means_no_cache():
    cache = Cache(None)
    cache.put("key", Answer("unsat", 1))
    cache.save()
    assert cache.complaint == ""


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty table", "folder"])
def test_a_damaged_file_is_reported_and_left_alone_and_the_run_goes_on(file, damage):
    run(file)
    if damage == "garbage":
        file.write_bytes(b"this is no database, and never was one\n" * 100)
    elif damage == "truncated":
        file.write_bytes(file.read_bytes()[:3000])
    elif damage == "empty table":
        file.unlink()
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE answers (key TEXT)")
    else:
        file.unlink()
        file.mkdir()
    before = file.read_bytes() if file.is_file() else b""
    report = run(file)
    assert report.verdict is Verdict.PROVED
    assert set(cached(report).values()) == {False}
    (note,) = report.notes
    assert str(file) in note
    assert (file.read_bytes() if file.is_file() else b"") == before


def test_an_empty_file_is_an_empty_cache(file):
    file.parent.mkdir()
    file.touch()
    assert run(file).verdict is Verdict.PROVED


def test_a_cache_that_cannot_be_written_is_reported(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    report = run(blocked / "cache.sqlite")
    assert report.verdict is Verdict.PROVED
    assert len(report.notes) == 1


def test_results_with_and_without_cache_agree_across_jobs(file):
    alone = run(None)
    for jobs in (1, 2, 2):
        report = run(file, jobs=jobs)
        assert [(t.id, t.verdict, t.obligations, t.resources) for t in report.theorems] == [
            (t.id, t.verdict, t.obligations, t.resources) for t in alone.theorems
        ]
