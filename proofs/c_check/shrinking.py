"""Makes a failing history small: whole calls go first, then Hypothesis makes every number smaller.

Hypothesis is given the history as the choices of a strategy, and shrinks these.  A call that is given a block says how
many requests ago that was asked for, so that a call may go without renaming the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
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
MOST_JOINED = 1 << 24
HEADS = range(0, 72, 8)
"""What a block may cost beside its bytes: two blocks that become one have as many bytes more."""
KEY = b"history"
PLACES, FILLS = (0, 1, 2, 3), (0, 1, 0xFF)
NEEDS = {"c": "calloc", "a": "aligned", "r": "realloc", "e": "realloc", "s": "resize"}
WHERE = {"n": "realloc_null", "e": "realloc_frees", "z": "free_null", "b": "refuses_bad_frees"}

Fails = Callable[[History], bool]


class _TimeOver(BaseException):
    """Goes through Hypothesis, which would go on for a while though nothing fails any more."""


def shrunk(history: History, facts: Facts, fails: Fails, seconds: float) -> History:
    """The smallest history found within the time that ``fails``; as ``history`` does."""
    deadline = time.monotonic() + seconds
    known: dict[History, bool] = {history: True}

    def failing(one: History) -> bool:
        if one not in known:
            if time.monotonic() >= deadline:
                raise _TimeOver
            known[one] = fails(one)
        return known[one]

    try:
        best = _joined(_fewer(history, failing), failing)
        if len(best.calls) <= MOST_CALLS:
            best = _fewer(_smaller(best, facts, failing), failing)
    except _TimeOver:
        best = min((one for one in known if known[one]), key=_weight)
    return best


def _weight(history: History) -> tuple[int, int, int]:
    """What makes a history small: few calls, a small arena, small numbers."""
    return len(history.calls), history.arena.size, sum(abs(call.a) + call.b for call in history.calls)


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


def _joined(history: History, fails: Fails) -> History:
    """With one request in the place of two that follow each other: what a full heap needs is that it is full."""
    place = 0
    while place + 1 < len(history.calls):
        first, second = history.calls[place : place + 2]
        both = first.what == second.what == "m" and first.a + second.a < MOST_JOINED
        for more in HEADS if both else ():
            calls = list(history.calls)
            calls[place] = first._replace(a=first.a + second.a + more)
            fewer = replace(history, calls=tuple(calls)).without([place + 1])
            if fails(fewer):
                history = fewer
                break
        else:
            place += 1
    return history


def _smaller(history: History, facts: Facts, fails: Fails) -> History:
    """What Hypothesis makes of it."""
    kinds = [what for what in "mfrecanzbs" if _has(facts, what)]
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
        return facts.flags[WHERE[what]] and (what not in "ne" or "realloc" in facts.functions)
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
