"""Every kind of fault is found in a heap that has it; its right twin is clean, in every build."""

import subprocess

import pytest

from proofs.c_check.campaign import Options, check
from proofs.c_check.compiler import BUILDS, BUILDS_BY_NAME, find_compiler
from tests.c_heaps import DEFECTS, MORE_DEFECTS, ONLY_IN, PLAIN, RIGHT, driver_of, needs_compiler, sources
from tests.c_heaps import driver_object as _driver_object  # noqa: F401

pytestmark = [needs_compiler, pytest.mark.usefixtures("_driver_object")]


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_in_the_plain_build(name, tmp_path):
    file, clause = DEFECTS[name]
    with driver_of(sources(file, f"DEFECT_{name}"), tmp_path) as driver:
        found = driver.search(0, 0, 60_000, 300)
        assert found.verdict is not None
        assert found.verdict.clause == clause


@pytest.mark.parametrize("name", MORE_DEFECTS)
def test_a_defect_of_the_heap_with_tags_is_found_in_the_plain_build(name, tmp_path):
    with driver_of(sources("tags.c", f"DEFECT_{name}"), tmp_path) as driver:
        found = driver.search(0, 0, 60_000, 300)
    assert found.verdict is not None


@pytest.mark.parametrize("file", RIGHT)
def test_a_right_heap_is_clean_in_the_plain_build(file, tmp_path):
    with driver_of(sources(file), tmp_path) as driver:
        found = driver.search(0, 0, 60_000, 300)
    assert found.verdict is None
    assert found.granted > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("name", [*DEFECTS, *ONLY_IN, "ALIGNED_PAGE", "HANDLES", "REALLOC_TO_NOTHING"])
def test_each_defect_is_shown_by_a_program_of_its_own(name, tmp_path):
    """In every build: found, judged by the contract, shrunk; the program compiles by itself and ends with a failure."""
    file = "tags.c" if name in MORE_DEFECTS else (DEFECTS | ONLY_IN)[name][0]
    options = Options(calls=30_000, shrink_seconds=2)
    report = check(sources(file, f"DEFECT_{name}"), BUILDS, options, find_compiler(), tmp_path)
    found = [outcome for outcome in report.outcomes if outcome.violation is not None]
    assert found
    if name in ONLY_IN:
        assert [outcome.build.name for outcome in found] == [ONLY_IN[name][1]]
    for outcome in found:
        witness = outcome.violation.witness
        assert witness.status not in (None, 0)
    text, shows = tmp_path / "by_itself.c", found[0].violation
    text.write_text(shows.witness.text)
    command = shows.witness.command.replace("counterexample.c", str(text)).split()
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert subprocess.run([tmp_path / "counterexample"], check=False, capture_output=True, timeout=60).returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("file", [*RIGHT, "breakers.c"])
def test_a_right_heap_is_clean_in_every_build_that_can_be_made(file, tmp_path):
    report = check(sources(file), BUILDS, Options(calls=30_000, seed=3), find_compiler(), tmp_path)
    assert {outcome.verdict for outcome in report.outcomes} <= {"CHECKED", "LEFT OUT"}
    assert [outcome.build.name for outcome in report.outcomes] == [build.name for build in BUILDS]
    assert report.outcomes[0].verdict == "CHECKED"


@pytest.mark.parametrize("name", ["WRAPS", "EXTENDED_STAYS"])
def test_the_shortest_history_is_short_and_its_program_ends_with_a_failure(name, tmp_path):
    options = Options(calls=60_000, shrink_seconds=2)
    report = check(sources("list.c", f"DEFECT_{name}"), [PLAIN], options, find_compiler(), tmp_path)
    violation = report.outcomes[0].violation
    assert len(violation.history.calls) <= 4
    assert violation.witness.status not in (None, 0)
    assert violation.story.calls
    assert violation.story.map


@pytest.mark.parametrize("build", ["ubsan", "asan"])
def test_a_sanitizer_says_what_it_saw(build, tmp_path):
    name, said = ("SHIFT", "shift exponent") if build == "ubsan" else ("READS_PAST", "AddressSanitizer")
    file = "granules.c" if build == "ubsan" else "list.c"
    options = Options(calls=20_000, shrink_seconds=1)
    report = check(
        sources(file, f"DEFECT_{name}"), [BUILDS_BY_NAME[build]], options, find_compiler(), tmp_path
    )  # fmt: skip
    if report.outcomes[0].verdict == "LEFT OUT":
        pytest.skip("the compiler has no such sanitizer")
    assert said in report.outcomes[0].violation.how


def test_a_plain_build_makes_twenty_thousand_checked_calls_a_second(tmp_path):
    """Of processor time, as the children count it."""
    import resource  # noqa: PLC0415

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with driver_of(sources("list.c"), tmp_path) as driver:
        found = driver.search(5, 0, 100_000, 300)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert found.calls / spent > 20_000
