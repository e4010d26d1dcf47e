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
    "delete": lambda d: d.__delitem__(2),
    "delete what is not there": lambda d: d.__delitem__(7),
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


REFUSED = {
    "a truth value": bool,
    "len by CPython": len,
    "iteration": lambda d: [key for key in d],  # noqa: C416
    "iteration backwards": lambda d: list(reversed(d)),
    "equality": lambda d: d == {},
    "inequality": lambda d: d != {},
    "union": lambda d: d | {},
    "union in place": lambda d: d.__ior__({}),
    "order": lambda d: d < {},
    "a hash": hash,
    "its text": str,
    "formatting": lambda d: f"{d}",
    "items": lambda d: d.items(),
    "keys": lambda d: d.keys(),
    "setdefault": lambda d: d.setdefault(1, 2),
    "update": lambda d: d.update({}),
    "popitem": lambda d: d.popitem(),
    "copy": lambda d: d.copy(),
    "a key that is a truth": lambda d: d.get(True),
    "a key that is a name": lambda d: "a" in d,
    "no key": lambda d: d[None],
    "a value that is a truth": lambda d: d.__setitem__(1, True),
    "a value that is a list": lambda d: d.__setitem__(1, []),
}


@pytest.mark.parametrize("use", REFUSED.values(), ids=REFUSED)
def test_what_is_not_modelled_is_refused(use):
    def run(path):
        with pytest.raises(paths.EngineError):
            use(symbolic(path))

    single_path(run)


def test_a_specification_changes_no_dict():
    def run(path):
        made = symbolic(path)
        for change in (lambda: made.__setitem__(1, 2), made.clear):
            with path.ghost(), pytest.raises(paths.EngineError, match="a specification changes a dict"):
                change()

    single_path(run)


def test_a_dict_takes_no_attribute():
    def run(path):
        with pytest.raises(AttributeError):
            symbolic(path).seen = True

    single_path(run)


def test_counting_its_keys_is_no_arithmetic_of_the_program():
    def run(path):
        symbolic(path)[1] = 10
        assert path.obligations == []
        assert path.trivial == {}

    single_path(run)
