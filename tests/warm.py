"""What the last run of the command remembered: tests take proofs from it as the command does, and add nothing."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from proofs.engine.cache import Cache
from proofs.gallery import refuted_theorem
from tests.defects.defect import Defect
from tests.effort import little_effort

FILE = Path(__file__).parent.parent / ".drystone" / "cache.sqlite"


class Warm(Cache):
    """A cache that only gives: what tests find out of broken code is not kept."""

    def save(self) -> None:
        """Write nothing."""


@cache
def warm() -> Cache:
    """The answers that are there when this process first asks."""
    return Warm(FILE)


def first_open(defect: Defect, theorems: Sequence[str]) -> str:
    """The first of the theorems that is not proved of a defect; "" if all are."""
    with little_effort():
        return refuted_theorem(defect.subject, theorems, defect.source(), warm())


def refuted(defect: Defect) -> str:
    """The first theorem that a defect names and that is not proved of it; "" if all are."""
    return first_open(defect, defect.theorems)


def names(defect: Defect) -> bool:
    """Whether the first theorem that a defect names is not proved of it."""
    return first_open(defect, defect.theorems[:1]) == defect.theorems[0]
