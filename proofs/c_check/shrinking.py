"""Makes a failing history small: whole calls go first, then Hypothesis makes every number smaller.

Hypothesis is given the history as the choices of a strategy, and shrinks these.  A call that is given a block says how
many requests ago that was asked for, so that a call may go without renaming the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.errors import NoSuchExample

from proofs.c_check.description import Facts
from proofs.c_check.history import REQUESTS, SIGN, USES, Arena, Call, History

WORD = 2**64 - 1
MOST_CALLS = 400
"""Hypothesis is asked to shrink no longer history."""
MOST_TRIES = 10**6
KEY = b"history"
PLACES, FILLS = (0, 1, 2, 3), (0, 1, 0xFF)
NEEDS = {"c": "calloc", "a": "aligned", "r": "realloc", "s": "resize"}
WHERE = {"n": "realloc_null", "z": "free_null", "b": "refuses_bad_frees"}

Fails = Callable[[History], bool]


def shrunk(history: History, facts: Facts, fails: Fails, seconds: float) -> History:
    """The smallest history found within the time that ``fails``; as ``history`` does."""
    deadline = time.monotonic() + seconds
    known: dict[History, bool] = {history: True}

    def failing(one: History) -> bool:
        if one not in known:
            known[one] = time.monotonic() < deadline and fails(one)
        return known[one]

    best = _fewer(history, failing)
    if len(best.calls) > MOST_CALLS or time.monotonic() >= deadline:
        return best
    return _fewer(_smaller(best, facts, failing), failing)


def _fewer(history: History, fails: Fails) -> History:
    """Without every call, or run of calls, that the failure does not need."""
    size = max(len(history.calls) // 2, 1)
    while size:
        end = len(history.calls)
        while end > 0:
            start = max(end - size, 0)
            fewer = history.without(range(start, end))
            if fails(fewer):
                history = fewer
            end = min(start, len(history.calls))
        size //= 2
    return history


def _smaller(history: History, facts: Facts, fails: Fails) -> History:
    """What Hypothesis makes of it."""
    kinds = [what for what in "mfrcanzbs" if _has(facts, what)]
    database = InMemoryExampleDatabase()
    database.save(KEY + b".secondary", choices_to_bytes(_choices(history, facts, kinds)))
    options = settings(
        database=database,
        max_examples=MOST_TRIES,
        deadline=None,
        verbosity=Verbosity.quiet,
        phases=[Phase.reuse, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(_histories(facts, kinds), fails, settings=options, database_key=KEY)
    except NoSuchExample:  # Hypothesis has nothing smaller, or does not know the history again
        return history


def _has(facts: Facts, what: str) -> bool:
    """Whether histories of this heap have such calls."""
    if what in WHERE:
        return facts.flags[WHERE[what]] and (what != "n" or "realloc" in facts.functions)
    return what not in NEEDS or NEEDS[what] in facts.functions


def _unit(facts: Facts) -> int:
    return max(facts.words["arena_alignment"], 1)


@st.composite
def _histories(draw: Any, facts: Facts, kinds: list[str]) -> History:
    """Every history; what the choices mean is what ``_choices`` makes."""
    unit, least, most = _unit(facts), facts.words["least_arena"], facts.words["most_arena"]
    fewest = -(-least // unit)
    size = draw(st.integers(fewest, max(most // unit, fewest))) * unit
    more = draw(st.integers(0, WORD)) * unit
    place, fill = (draw(st.integers(0, 3)), draw(st.integers(0, 2)))
    steps = draw(st.lists(st.tuples(st.integers(0, len(kinds) - 1), st.integers(0, WORD), st.integers(0, WORD))))
    calls: list[Call] = []
    requests = 0
    for kind, a, b in steps:
        what = kinds[kind]
        if what in USES:
            a = requests - 1 - a if a < requests else WORD
        calls.append(Call(what, a - 2 * SIGN if what == "b" and a >= SIGN else a, b))
        requests += what in REQUESTS
    return History(Arena(size, max(min(size + more, size * 2, most), size), PLACES[place], FILLS[fill]), tuple(calls))


def _choices(history: History, facts: Facts, kinds: list[str]) -> list[int | bool]:
    """The choices by which Hypothesis comes to this history."""
    arena, unit = history.arena, _unit(facts)
    choices: list[int | bool] = [arena.size // unit, (arena.capacity - arena.size) // unit, arena.place]
    choices.append(FILLS.index(arena.fill))
    requests = 0
    for what, a, b in history.calls:
        if what in USES:
            a = requests - 1 - a
        choices += [True, kinds.index(what), a % 2**64, b]
        requests += what in REQUESTS
    return [*choices, False]
