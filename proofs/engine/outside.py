"""State outside memory: the words and dictionaries that a subject's object keeps itself, as an address space keeps
its root.

TRUSTED.  It is declared, or it is not there.  At entry each word is what the abstract state says of it, which may be
anything; a loop or a call that may change it makes it arbitrary; at every end it must be what the abstract state then
says. What a dictionary holds are parts of the abstract state themselves (dictionary.py): at every end they must be
what the operation left there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import z3

from proofs.engine import kinds
from proofs.engine import path as paths
from proofs.engine.expressions import State
from proofs.engine.path import EngineError
from proofs.engine.values import term_of

WORD = "word."
"""Prefix of the words outside memory among what a loop changes."""
AGREES = "what the subject keeps outside memory is what its abstract state says"


@dataclass(frozen=True)
class Outside:
    """The declaration: each of the ``words``, with what an abstract state says of it; for each dictionary its parts
    there; and the attributes that are ``offered`` by what stands in for parts of the machine.

    The words ``known_by`` tell the object from others: an argument of such a name stands for the word at entry.  Of any
    other word an argument of the same name says nothing: that the object keeps it is for the program to see to.
    """

    words: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    dictionaries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offered: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """What the language must know of it."""
        return State(frozenset(self.words), frozenset(self.dictionaries), frozenset(self.offered))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the abstract state that are dictionaries of the program."""
        return tuple(part for parts in self.dictionaries.values() for part in parts)

    def on_entry(self, ghost: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The words at entry; an argument stands for a word by which the object is known."""
        given = [name for name in self.known_by if name in arguments]
        return {name: arguments[name] if name in given else says(ghost) for name, says in self.words.items()}

    def linked(self, ghost: Any, arguments: Mapping[str, Any]) -> list[Any]:
        """That an argument which stands for a word is what the abstract state says of it: shown at every call."""
        given = [name for name in self.known_by if name in arguments]
        return [term_of(arguments[name]) == term_of(self.words[name](ghost)) for name in given]

    def agreement(self, words: Mapping[str, Any], left: Any, ghost: Any) -> Any:
        """That ``words``, and the dictionaries that the operation ``left``, are what ``ghost`` says."""
        goals = [term_of(words[name]) == term_of(says(ghost)) for name, says in self.words.items()]
        for part in self.parts:
            mine, said = getattr(left, part), getattr(ghost, part)
            if mine is not said:
                goals.append(term_of(mine.same(said)) if hasattr(mine, "same") else term_of(mine) == term_of(said))
        return z3.And(*goals) if goals else z3.BoolVal(True)

    def afterwards(self, words: Mapping[str, Any], before: Any, ghost: Any) -> Mapping[str, Any]:
        """The words after a call by contract: where the abstract state says otherwise now, they are what it says."""
        new = {name: says(ghost) for name, says in self.words.items() if says(ghost) is not says(before)}
        return {**words, **new} if new else words


class Word:
    """A word of an object, read and written where the operation in progress keeps it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, view: Any, owner: type | None = None) -> Any:
        return self if view is None else paths.current().memory.operation.words[self.name]

    def __set__(self, view: Any, value: Any) -> None:
        path = paths.current()
        if path.ghost_depth:
            raise EngineError(f"a specification assigns to {self.name}")
        path.relocatable(term_of(value))
        operation = path.memory.operation
        if kinds.kind_of(value) != kinds.kind_of(operation.words[self.name]):
            raise EngineError(f"{self.name} becomes a {kinds.kind_of(value)}: a word outside memory keeps its kind")
        operation.words = {**operation.words, self.name: value}


def close(holder: type, outside: Outside) -> None:
    """Let the objects of a class keep the declared words, and take no other attribute."""
    for name in outside.words:
        setattr(holder, name, Word(name))

    def assign(view: Any, name: str, value: Any) -> None:
        if name not in outside.words:
            raise EngineError(f"{holder.__name__}.{name} is not declared as state outside memory")
        object.__setattr__(view, name, value)

    holder.__setattr__ = assign  # type: ignore[method-assign,assignment]


def made(holder: type, **parts: Any) -> Any:
    """An object of that class, not initialised, with these parts."""
    new: Any = object.__new__(holder)
    for name, value in parts.items():
        object.__setattr__(new, name, value)
    return new
