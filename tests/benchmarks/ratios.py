"""How fast the tool is, as ratios that another machine can compare: ``make bench`` writes them, CI keeps the file.

    python tests/benchmarks/ratios.py [--only PREFIX] [--update]

Each figure is the processor time of a work (works.py) over that of a reference loop in plain Python, which runs between
any two of its runs; of each the shortest run counts.  So neither a slow machine nor a busy one makes a difference, only
another version of Python does.  .drystone/benchmarks.json then holds

    {"python": "3.11.7", "reference_seconds": 0.02,
     "ratios": {"load": {"ratio": 0.9, "baseline": 0.85, "behind": false}, ...}}

where ``baseline`` is what baseline.json beside this file says, null if nothing; ``behind`` says whether the ratio is
more than a quarter above it.  Of what is behind a warning is printed; the exit status is 0 all the same, since a figure
is no proof.  ``--update`` writes the ratios as the new baseline: for whoever made something faster, or means the price.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.works import SELDOM, WORKS, Work, reference, timed

BASELINE = Path(__file__).with_name("baseline.json")
RECORD = Path(".drystone/benchmarks.json")
BEHIND = 1.25
"""A work that takes so many times its baseline is behind."""
ROUNDS = 7
"""Runs of a work; of one that takes seconds, two."""


def measured(work: Work, rounds: int, loop: Callable[[], Any] = reference) -> tuple[float, float]:
    """The shortest run of the work over the shortest of the reference loop, and that one's seconds."""
    loops, works = [timed(loop)], []
    for _ in range(rounds):
        works.append(work())
        loops.extend((timed(loop), timed(loop)))
    return min(works) / min(loops), min(loops)


def compared(ratios: Mapping[str, float], baseline: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Each ratio beside its baseline."""
    return {
        name: {
            "ratio": round(ratio, 3),
            "baseline": baseline.get(name),
            "behind": name in baseline and ratio > BEHIND * baseline[name],
        }
        for name, ratio in ratios.items()
    }


def warnings(found: Mapping[str, Mapping[str, Any]], baseline: Mapping[str, float], whole: bool) -> list[str]:
    """What is behind, what has no baseline, and, if all works were measured, which baseline has no work."""
    lines = []
    for name, one in found.items():
        if one["baseline"] is None:
            lines.append(f"{name}: there is no baseline; --update writes one")
        elif one["behind"]:
            times = one["ratio"] / one["baseline"]
            lines.append(f"{name} takes {times:.2f} times its baseline: {one['ratio']} instead of {one['baseline']}")
    if whole:
        lines.extend(f"{name}: nothing measures it any more" for name in baseline if name not in found)
    return lines


def main(arguments: list[str]) -> int:
    """Measure, compare, write, and warn."""
    parser = argparse.ArgumentParser(description="Measure how fast the tool is, as ratios to a reference loop.")
    parser.add_argument("--only", default="", help="works whose names begin so")
    parser.add_argument("--update", action="store_true", help="write the baseline")
    asked = parser.parse_args(arguments)
    baseline: dict[str, float] = json.loads(BASELINE.read_text("utf-8")) if BASELINE.exists() else {}
    ratios, seconds = {}, []
    for name, ready in WORKS.items():
        if name.startswith(asked.only):
            ratios[name], loop = measured(ready(), 2 if name.startswith(SELDOM) else ROUNDS)
            seconds.append(loop)
            print(f"{name:28} {ratios[name]:10.3f}  baseline {baseline.get(name, '-')}", flush=True)
    found = compared(ratios, baseline)
    record = {"python": platform.python_version(), "reference_seconds": round(min(seconds, default=0), 5)}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps({**record, "ratios": found}, indent=2) + "\n", "utf-8")
    if asked.update:
        kept = {**baseline, **{name: one["ratio"] for name, one in found.items()}} if asked.only else ratios
        text = json.dumps({name: round(ratio, 3) for name, ratio in kept.items()}, indent=2)
        BASELINE.write_text(text + "\n", "utf-8")
    else:
        for line in warnings(found, baseline, not asked.only):
            print(f"::warning title=benchmarks::{line}" if os.environ.get("GITHUB_ACTIONS") else f"WARNING: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
