"""Where the processor time of a test run went: its dearest files, printed at its end.

Time is that of the processor, of the test's process and of those that it started and waited for, so that the table says
the same on a machine that has other work.  What files share is counted where it was first asked for.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEAREST = 15
"""Files that are named."""
WORTH_TELLING = 30.0
"""Seconds of processor time from which on a run has a table."""
BEGUN = pytest.StashKey[float]()


def spent_so_far() -> float:
    """Seconds of processor time of this process and of its children that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Remember when the test began."""
    item.stash[BEGUN] = spent_so_far()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """The report of a test's end carries what all of it took, also from another process."""
    report = yield
    if report.when == "teardown":
        report.spent = spent_so_far() - item.stash[BEGUN]
    return report


def table(spent: Iterable[tuple[str, float]]) -> list[str]:
    """Lines on the dearest files, given each test's id and its seconds; none if that is not worth telling."""
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for name, took in spent:
        file = name.partition("::")[0]
        seconds[file] += took
        tests[file] += 1
    if seconds.total() < WORTH_TELLING:
        return []
    dearest = sorted(seconds, key=lambda file: (-seconds[file], file))
    parts = [(file, tests[file], seconds[file]) for file in dearest[:DEAREST]]
    others = dearest[DEAREST:]
    parts += [(f"{len(others)} more", sum(tests[f] for f in others), sum(seconds[f] for f in others))] if others else []
    parts.append(("all", tests.total(), seconds.total()))
    width = max(len(name) for name, _, _ in parts)
    return [f"{name:{width}} {count:6} tests {took:8.1f} s" for name, count, took in parts]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    reports = [one for kind in terminalreporter.stats.values() for one in kind if hasattr(one, "spent")]
    lines = table((one.nodeid, one.spent) for one in reports)
    if lines:
        terminalreporter.section("processor time")
        for line in lines:
            terminalreporter.write_line(line)
