"""A symbolic dict does what CPython's does, whichever of its keys are known; of its length nothing is known."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import z3

from proofs.engine import path as paths
from proofs.engine.dictionary import SymDict, length
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.memory import SymOperation
from proofs.engine.values import SymInt, term_of
from tests.entailment import entailed, single_path

STEPS = {
    "read": lambda d: d[2],
    "read what is not there": lambda d: d[7],
    "get": lambda d: d.get(2),
    "get what is not there": lambda d: d.get(7),
    "get with a default": lambda d: d.get(7, 5),
    "write": lambda d: d.__setitem__(7, 70),
    "overwrite": lambda d: d.__setitem__(2, 70),
    "pop": lambda d: d.pop(2),
    "pop with a default": lambda d: d.pop(2, None),
    "pop what is not there": lambda d: d.pop(7),
    "pop what is not there with a default": lambda d: d.pop(7, None),
    "clear": lambda d: d.clear(),
    "contains": lambda d: 2 in d,
    "contains not": lambda d: 7 in d,
}
CONTENT = {1: 10, 2: 20, 2**70: -3}


@dataclass(frozen=True)
class Parts:
    """An abstract state that is a dict."""

    keys: Any
    values: Any
    held: Any


def symbolic(path, held="held") -> SymDict:
    """An empty dict, on this path."""
    parts = Parts(SymSet.arbitrary("keys", z3.BoolSort()).empty(), SymMap.arbitrary("values", z3.IntSort()), 0)
    path.memory = SimpleNamespace(operation=SymOperation(None, parts, None))
    return SymDict("keys", "values", held)


def outcome(step, on) -> Any:
    """What the step gave, or the class of what it raised."""
    try:
        return step(on)
    except KeyError:
        return KeyError


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_every_method_does_what_cpython_s_does(step):
    plain, judged = dict(CONTENT), []
    expected = outcome(step, plain)

    def run(path):
        made = symbolic(path)
        for key, value in CONTENT.items():
            made[key] = value
        found = outcome(step, made)
        if entailed(path, z3.BoolVal(False)):
            return  # no dict has gone this way
        judged.append(found)
        if isinstance(expected, int) and not isinstance(expected, bool):
            assert entailed(path, term_of(found) == expected)
        else:
            assert found is expected
        parts = path.memory.operation.ghost
        for key in (*CONTENT, 7):
            assert entailed(path, parts.keys[key].term == (key in plain))
            assert key not in plain or entailed(path, parts.values[key].term == plain[key])
        assert entailed(path, term_of(length(made)) == len(plain))

    paths.explore("subject.operation", run)
    assert len(judged) == 1


def test_an_unknown_key_is_there_or_not():
    found = []

    def run(path):
        made, key = symbolic(path), SymInt(path.integer("key"))
        made[1] = 10
        found.append((made.get(key) is None, entailed(path, key.term == 1), entailed(path, key.term != 1)))

    paths.explore("subject.operation", run)
    assert sorted(found) == [(False, True, False), (True, False, True)]


def test_a_length_that_is_not_told_is_any_number_that_is_not_negative():
    def run(path):
        number = length(symbolic(path, held="")).term
        assert entailed(path, number >= 0)
        assert not entailed(path, number == 0)

    single_path(run)
    assert length(CONTENT) == length("abc") == 3
