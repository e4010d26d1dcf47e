"""What is demanded of every case: it is not PROVED, CPython shows it false, and the answer is the known one."""

from pathlib import Path

from proofs.doubt.case import Answer, Finding
from proofs.doubt.gallery import cases, looked_into

EXPECTED = Path(__file__).parent / "expected.txt"
"""A line for every case: its id, and what the prover answers."""
REFUSED = Answer.REFUSED.value
"""What the language refuses stays refused; where the solver is asked, it may find values or give up."""


def expected() -> dict[str, str]:
    """The answer to each case."""
    lines = (line.split(maxsplit=1) for line in EXPECTED.read_text().splitlines())
    return {name: answer for name, answer in lines}  # noqa: C416 - so that each line is seen to have two parts


def ids(kind: str, *but: str) -> list[str]:
    """The cases of a kind, without those whose names begin so."""
    return [case.id for case in cases() if case.kind == kind and not case.name.startswith(but or ("?",))]


def judge(name: str) -> None:
    """Look into one case."""
    finding = looked_into(name)
    assert finding.shown, f"no run in CPython shows it false: {finding.why}"
    assert finding.answer != Answer.PROVED.value, finding.why
    known = expected()[name]
    assert (finding.answer == REFUSED) == (known == REFUSED), finding.why


def recorded() -> list[Finding]:
    """The cases with their known answers, as if they had been looked into."""
    kinds = {case.id: case.kind for case in cases()}
    return [Finding(name, kinds[name], "", answer, "", "known") for name, answer in expected().items()]
