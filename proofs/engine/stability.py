"""How much a proof hangs on accidents: each obligation again with other seeds, in other dress (disguise.py).

An obligation flips if it is proved as it stands and not in some disguise.  What a try costs is the
resource count of all the rungs that it took, so the numbers do not depend on the machine.  Counts
below ``FLOOR`` are taken for ``FLOOR``: there the choice of a few instances is all the difference.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from proofs.engine.disguise import disguised
from proofs.engine.operation import Proof
from proofs.engine.runner import Counter, Options, with_texts
from proofs.engine.verdict import Asked, Report
from proofs.engine.workers import Pool, climb

FLOOR = 20_000
"""Resource units; the median obligation costs less than that."""
MOST_TIMES_MEDIAN = 10.0


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
    """Solve every proved obligation of ``report`` in ``times`` disguises; each text once, however often it occurs."""
    proved = {one.key: one for one in report.asked if one.answer == "unsat"}
    asked = with_texts(proofs, list(proved.values()), options)
    found = Stability(times)
    counter = Counter(0, len(asked), options.progress)
    with Pool(options.jobs) as pool:
        calls = [(one.rungs, times) for one in asked]
        for one, tries in zip(asked, pool.each(tries_of, calls, lambda *lost: [("lost", 0)] * times), strict=True):
            costs = [resources for _, resources in tries or []]
            flips = sum(answer != "unsat" for answer, _ in tries or [])
            found.shaken.append(Shaken(one, flips, max(costs), statistics.median(costs)))
            counter.step()
    return found


def tries_of(rungs: tuple[tuple[str, bool, bool], ...], times: int) -> list[tuple[str, int]]:
    """(answer, resources) of each of ``times`` disguises; disguise number n goes with seed n."""
    found = []
    for number in range(1, times + 1):
        dressed = ((disguised(text, number), mbqi, whole) for text, mbqi, whole in rungs)
        answer = climb(dressed, number).answer
        found.append((answer.answer, answer.resources))
    return found
