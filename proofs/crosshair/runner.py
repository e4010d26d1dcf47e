"""Run the CrossHair contracts: each in a worker process, in a fixed order of results.

All of them together take about a minute of processor time, half of it on two processors.  A contract has a budget of
processor time (``Contract.budget``); a worker that hangs all the same is ended after ``HANG`` times
that long and reported as UNKNOWN, without holding up the others.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import TimeoutError as Expired
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

from pebble import ProcessPool

from proofs import registry
from proofs.crosshair.contract import REGISTRY, Contract

WORKERS = 2
HANG = 5


@dataclass(frozen=True)
class CrosshairResult:
    """``verdict`` is CHECKED, REFUTED, UNKNOWN or ERROR; ``detail`` says how many paths, or why not."""

    id: str
    sentence: str
    verdict: str
    detail: str
    seconds: float


def contracts() -> list[Contract]:
    """All contracts, in the order of declaration: those of no subject, then those of each."""
    import_module("proofs.crosshair.arithmetic")
    for subject in registry.SUBJECTS:
        if registry.has_live(subject, "small"):
            registry.live(subject, "small")
    return list(REGISTRY.values())


def selected(patterns: Iterable[str] | None) -> list[Contract]:
    """The contracts whose id is one of ``patterns``, lies below one or matches one as a glob; None: all."""
    if patterns is None:
        return contracts()
    wanted = list(patterns)
    return [entry for entry in contracts() if any(_matches(entry.id, pattern) for pattern in wanted)]


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or name.startswith(pattern + ".") or fnmatchcase(name, pattern)


def check(entry: Contract) -> CrosshairResult:
    """Explore one contract in this process."""
    from proofs.crosshair import exploration  # noqa: PLC0415 - CrossHair is loaded by those who explore, not by those who list

    started = time.monotonic()
    try:
        verdict, detail = exploration.explore(entry)
    except Exception as error:
        verdict, detail = exploration.ERROR, f"{type(error).__name__}: {error}"
    return CrosshairResult(entry.id, entry.sentence, verdict, detail, time.monotonic() - started)


def run(
    select: Iterable[str] | None = None,
    progress: Callable[[CrosshairResult], None] | None = None,
    *,
    entries: Sequence[Contract] | None = None,
    workers: int = WORKERS,
) -> list[CrosshairResult]:
    """Check the selected contracts (or the given ``entries``), in worker processes.

    ``progress`` hears of each result, in the order of the list that is returned.
    """
    chosen = selected(select) if entries is None else list(entries)
    results = []
    context = multiprocessing.get_context("spawn")
    with ProcessPool(max_workers=workers, context=context) as pool:
        pending = [(entry, pool.schedule(check, (entry,), timeout=entry.budget * HANG)) for entry in chosen]
        for entry, future in pending:
            result = _collect(entry, future)
            results.append(result)
            if progress is not None:
                progress(result)
    return results


def _collect(entry: Contract, future: Any) -> CrosshairResult:
    """The worker's result, or what became of the worker."""
    try:
        result: CrosshairResult = future.result()
    except Expired:
        limit = entry.budget * HANG
        return CrosshairResult(entry.id, entry.sentence, "UNKNOWN", f"hung: ended after {limit:.0f} s", limit)
    except Exception as error:
        return CrosshairResult(entry.id, entry.sentence, "ERROR", f"{type(error).__name__}: {error}", 0.0)
    return result
