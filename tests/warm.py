"""What the last run of the command remembered: tests take proofs from it as the command does, and add nothing."""

from functools import cache
from pathlib import Path

from proofs.engine.cache import Cache
from proofs.gallery import refuted_theorem
from tests.defects.defect import Defect

FILE = Path(__file__).parent.parent / ".drystone" / "cache.sqlite"


class Warm(Cache):
    """A cache that only gives: what tests find out of broken code is not kept."""

    def save(self) -> None:
        """Write nothing."""


@cache
def warm() -> Cache:
    """The answers that are there when this process first asks."""
    return Warm(FILE)


def refuted(defect: Defect) -> str:
    """The first theorem that a defect names and that is not proved of it; "" if all are."""
    return refuted_theorem(defect.subject, defect.theorems, defect.source(), warm())


def names(defect: Defect) -> bool:
    """Whether the first theorem that a defect names is not proved of it."""
    first = defect.theorems[:1]
    return refuted_theorem(defect.subject, first, defect.source(), warm()) == first[0]
