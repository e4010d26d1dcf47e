"""The proof of a subject whose abstract state is a plain record: all that Proof asks for, read from code and model.

    PROOF = plain(PUBLIC, pool.impl, Pool, one_more)

The class with the operations is the struct of the module that has a function for each of them; the headers are all
structs of the module; modules of its own package from which it imports belong to it.  An arbitrary state is one of
which nothing is known, part by part, by their annotations:

    Word       a number                  GhostSet    a set of addresses
    Truth      a truth                   GhostMap    a map from addresses to words;  FlagMap to truths

or another such record: a part of model/library/, or one of your own.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import z3

from impl.layout import Struct
from model.language.logic import Subject
from proofs.engine import kinds
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.modules import imported
from proofs.engine.operation import Proof
from proofs.engine.program import text_of
from proofs.engine.values import SymInt
from proofs.project import Mistake


class NotPlain(Mistake):
    """The proof cannot be read from code and model: one line says what is missing."""


ARBITRARY: Mapping[str, Callable[[str], Any]] = {
    "Word": lambda name: SymInt(paths.current().integer(name)),
    "Truth": lambda name: kinds.argument("flag", name),
    "GhostSet": lambda name: SymSet.arbitrary(name, z3.BoolSort()),
    "GhostMap": lambda name: SymMap.arbitrary(name, z3.IntSort()),
    "FlagMap": lambda name: SymMap.arbitrary(name, z3.BoolSort()),
}
"""A part of a state of which nothing is known."""


def plain(
    subject: Subject, module: types.ModuleType, state: type[Any], *annotations: Callable[..., Any], **more: Any
) -> Proof:
    """The proof of ``subject``, whose code is ``module`` and whose abstract state a ``state``.

    ``annotations`` are the specifications that the code says by their names, ``more`` what else a Proof may be told.
    """
    structs = [one for one in vars(module).values() if _is_struct_of(module, one)]
    heap = _heap(subject, module, structs)
    arbitrary = partial(arbitrary_of, state, subject.name)
    parts_of(state)  # a state of another kind is refused at once
    given: dict[str, Any] = {
        "names": words_of,
        "hints": recorded(subject.name),
        "annotations": named(*annotations),
        "state": state,
        "parts": _parts(module),
        **more,
    }
    return Proof(subject, module, heap, tuple(one.__name__ for one in structs), arbitrary, arbitrary, **given)


def read_off(subject: Subject, module: types.ModuleType, model: types.ModuleType) -> Proof:
    """The proof of a subject of which there is nothing but code and model: the state is the one dataclass of that."""
    records = [one for one in vars(model).values() if _is_state_of(model, one)]
    parts = [kind for one in records for kind in _kinds(one).values()]
    states = [one for one in records if one not in parts]
    if len(states) != 1:
        raise NotPlain(
            f"{model.__name__} has {len(states)} frozen dataclasses, of which one is the abstract state: "
            f"write proof.py, with PROOF = plain(PUBLIC, {module.__name__}, ThatState)"
        )
    return plain(subject, module, states[0])


def _is_state_of(model: types.ModuleType, value: Any) -> bool:
    return is_record(value) and value.__module__ == model.__name__


def is_record(value: Any) -> bool:
    """Whether it is a dataclass; a class that only sets the constants of another, say the stride of a grid, is one."""
    return isinstance(value, type) and dataclasses.is_dataclass(value)


def _is_struct_of(module: types.ModuleType, value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Struct) and value.__module__ == module.__name__


def _parts(module: types.ModuleType) -> tuple[types.ModuleType, ...]:
    """The modules of its own package from which the code imports, and those from which these do."""
    package = module.__name__.rpartition(".")[0]
    near = tuple(name for name in sys.modules if package and name.startswith(f"{package}."))
    found: dict[str, types.ModuleType] = {}
    waiting = [module]
    while waiting:
        for name in imported(text_of(waiting.pop()), near):
            if name in near and name not in found and name != module.__name__:
                found[name] = sys.modules[name]
                waiting.append(found[name])
    return tuple(found.values())


def _heap(subject: Subject, module: types.ModuleType, structs: list[type[Struct]]) -> str:
    """The struct that has the operations; NotPlain says which operation none has."""
    missing = {one.__name__: [name for name in subject.names if not hasattr(one, name)] for one in structs}
    found = [name for name, lacking in missing.items() if not lacking]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotPlain(f"{module.__name__}: the structs {', '.join(found)} all have the operations of {subject.name}")
    if not structs:
        raise NotPlain(f"{module.__name__}: there is no struct: write class Name(Struct, size=...)")
    best = min(missing, key=lambda name: len(missing[name]))
    raise NotPlain(f"{module.__name__}: {best} has no function {missing[best][0]}, which the model speaks of")


def parts_of(state: type[Any]) -> dict[str, str | type[Any]]:
    """The parts of a state and what each is: a kind by its name, or a record.

    NotPlain if one is nothing of which there is an arbitrary one.
    """
    if not is_record(state):
        raise NotPlain(f"{state.__name__} is no dataclass: write @dataclass(frozen=True) above it")
    found = _kinds(state)
    for name, kind in found.items():
        if isinstance(kind, str) and kind not in ARBITRARY:
            said = ", ".join(ARBITRARY)
            hint = "" if kind else "; begin the module with `from __future__ import annotations`"
            raise NotPlain(
                f"{state.__name__}.{name} is a {kind or 'value'}: it may be one of {said}, or a record{hint}"
            )
    return found


def _kinds(state: type[Any]) -> dict[str, str | type[Any]]:
    """What the annotations of a record say: a name, or the record that it stands for where the class is defined."""
    found: dict[str, str | type[Any]] = {}
    for part in dataclasses.fields(state):
        said = part.type if isinstance(part.type, str) else ""
        owner = next(kind for kind in state.__mro__ if part.name in vars(kind).get("__annotations__", {}))
        meant = vars(sys.modules[owner.__module__]).get(said)
        found[part.name] = meant if is_record(meant) and meant is not None else said
    return found


def made_of(state: type[Any], one: Callable[[str, str], Any], name: str = "") -> Any:
    """A state whose parts are ``one(kind, its name)``, part by part, those of records as well."""

    def part(called: str, kind: str | type[Any]) -> Any:
        return one(kind, called) if isinstance(kind, str) else made_of(kind, one, called)

    return state(**{own: part(f"{name}.{own}" if name else own, kind) for own, kind in parts_of(state).items()})


def arbitrary_of(state: type[Any], subject: str) -> Any:
    """A state of which nothing is known."""
    return made_of(state, lambda kind, name: ARBITRARY[kind](name), subject)


def words_of(ghost: Any, name: str = "") -> dict[str, Any]:
    """The words of a state, which a report shows; those of a part that is a record by its name and theirs."""
    found: dict[str, Any] = {}
    for own, kind in parts_of(type(ghost)).items():
        called = f"{name}.{own}" if name else own
        if kind == "Word":
            found[called] = getattr(ghost, own)
        elif isinstance(kind, type):
            found |= words_of(getattr(ghost, own), called)
    return found
