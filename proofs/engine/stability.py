"""How much a proof hangs on accidents: each obligation again with other seeds, in other dress (disguise.py).

An obligation flips if it is proved as it stands and not in some disguise.  What a try costs is the
resource count of all the rungs that it took, so the numbers do not depend on the machine.  Counts
below ``FLOOR`` are taken for ``FLOOR``: there the choice of a few instances is all the difference.

NOT TRUSTED: it tells how proofs fare in disguise, and changes no verdict.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import z3

from proofs.engine.climbing import LOOKS, climb
from proofs.engine.discharge import BUDGET, MBQI_BUDGET
from proofs.engine.discharging import Counter
from proofs.engine.disguise import disguised
from proofs.engine.operation import Proof
from proofs.engine.runner import Options, with_texts
from proofs.engine.text import Rung
from proofs.engine.verdict import Asked, Report

FLOOR = 20_000
"""Resource units; the median obligation costs less than that."""
MOST_TIMES_MEDIAN = 10.0
KEPT = 50
"""After so many obligations what was found is written down."""
STAMP = f"{z3.get_version_string()} budgets={BUDGET},{MBQI_BUDGET} looks={LOOKS}"
"""What a try depends on besides the obligation and the seed."""


@dataclass(frozen=True)
class Shaken:
    """One obligation: how often its proof failed in disguise, and what its tries cost."""

    asked: Asked
    flips: int
    worst: int
    median: float

    @property
    def ratio(self) -> float:
        """The worst count against the median."""
        return max(self.worst, FLOOR) / max(self.median, FLOOR)


@dataclass
class Stability:
    """What became of all obligations in ``times`` disguises each."""

    times: int
    shaken: list[Shaken] = field(default_factory=list)

    @property
    def flipped(self) -> list[Shaken]:
        """Those that were not proved every time."""
        return [one for one in self.shaken if one.flips]

    @property
    def outliers(self) -> list[Shaken]:
        """Those that once cost more than MOST_TIMES_MEDIAN times their median, worst first."""
        found = [one for one in self.shaken if one.ratio > MOST_TIMES_MEDIAN]
        return sorted(found, key=lambda one: -one.ratio)


def shake(proofs: Sequence[Proof], report: Report, times: int, options: Options) -> Stability:
    """Solve every proved obligation of ``report`` in ``times`` disguises; each text once, however often it occurs.

    What an obligation's tries cost is remembered as they come, so that a run that was interrupted goes on where it was.
    """
    proved = {one.key: one for one in report.asked if one.answer == "unsat"}
    tries = {key: options.cache.recall(f"stability {key}", f"{STAMP} {times}") for key in proved}
    asked = with_texts(proofs, [one for key, one in proved.items() if tries[key] is None], options)
    counter = Counter(0, len(asked), options.progress)
    with options.pool(asked) as pool:
        calls = [(one.rungs, times) for one in asked]
        found = pool.each(tries_of, calls, lambda *lost: [("lost", 0)] * times)
        for number, (one, answers) in enumerate(zip(asked, found, strict=True), start=1):
            tries[one.key] = answers or []
            if answers and all(answer != "lost" for answer, _ in answers):
                options.cache.remember(f"stability {one.key}", f"{STAMP} {times}", answers, lasting=True)
            if number % KEPT == 0:
                options.cache.save()
            counter.step()
    options.cache.save()
    return Stability(times, [_shaken(one, tries[key]) for key, one in proved.items()])


def _shaken(asked: Asked, tries: Sequence[tuple[str, int]]) -> Shaken:
    costs = [resources for _, resources in tries]
    return Shaken(asked, sum(answer != "unsat" for answer, _ in tries), max(costs), statistics.median(costs))


def tries_of(rungs: Sequence[Rung], times: int) -> list[tuple[str, int]]:
    """(answer, resources) of each of ``times`` disguises; disguise number n goes with seed n."""
    found = []
    for number in range(1, times + 1):
        dressed = ((disguised(str(text), number), mbqi, whole) for text, mbqi, whole in rungs)
        answer = climb(dressed, number).answer
        found.append((answer.answer, answer.resources))
    return found
