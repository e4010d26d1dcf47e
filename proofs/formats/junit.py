"""JUnit XML: a suite for each subject or operation, a test case for each theorem."""

from __future__ import annotations

from itertools import groupby

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from proofs.formats.case import Case


def junit(command: str, cases: list[Case]) -> str:
    """One document.  What is shown to be wrong is a failure; what was not decided is an error."""
    document = JUnitXml(f"drystone {command}")
    for group, members in groupby(cases, lambda case: case.group):
        suite = TestSuite(_printable(group))
        for case in members:
            suite.add_testcase(_test(case))
        document.add_testsuite(suite)
    document.update_statistics()
    document._elem.attrib.pop("skipped", None)  # the schema has it of a suite, not of all
    text: bytes = document.tostring()
    return text.decode()


def _test(case: Case) -> TestCase:
    test = TestCase(_printable(case.id), _printable(case.group), case.seconds)
    if not case.good:
        kind = Failure if case.failed else Error
        found = kind(_printable(f"{case.verdict}: {case.sentence}"), case.verdict)
        where = f"{case.place.file}:{case.place.line}\n" if case.place else ""
        found.text = _printable(where + case.detail)
        test.result = [found]
    return test


def _printable(text: str) -> str:
    """What XML can hold: no control characters."""
    return "".join(sign if sign in "\n\t" or sign.isprintable() else "?" for sign in text)
