"""One result of any command, as every format of continuous integration sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A line of a source file; the path is relative to where the command runs, if the file lies below."""

    file: str
    line: int


@dataclass(frozen=True)
class Case:
    """A theorem, a checked subject, a mutant, a defect or an attempt.

    ``verdict`` is the command's own word.  ``good`` is whether the command counts it as a success.  ``failed`` parts
    what is shown to be wrong from what went wrong while it was looked at (an error, a budget that ran out).
    ``detail`` is what a reader needs to go on: path, values, run, script.
    """

    id: str
    group: str
    sentence: str
    verdict: str
    good: bool
    failed: bool = False
    seconds: float = 0.0
    detail: str = ""
    place: Place | None = None

    @property
    def headline(self) -> str:
        """The verdict, what it is of, and the sentence."""
        return f"{self.verdict} {self.id}: {self.sentence}"


def lacking(cases: list[Case]) -> list[Case]:
    """What is not good: first what is shown to be wrong, then what was not decided, each in the document's order."""
    return sorted((case for case in cases if not case.good), key=lambda case: not case.failed)
