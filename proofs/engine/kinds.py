"""Kinds of results: a caller by contract gets any value of the kind that the operation was shown to return.

TRUSTED: what ``any_of`` knows of a value is what ``show`` demands of the result where the operation is proved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import z3

from proofs.engine import path as paths
from proofs.engine import sequences
from proofs.engine.path import EngineError
from proofs.engine.values import SymBool, SymInt, term_of

RETURNS = "the result is of the kind that the operation says it returns: each number in it is a machine word"


class Area(NamedTuple):
    """What a caller by contract sees of an area: the numbers that impl/regions.py gives names to."""

    base: SymInt
    size: SymInt


def kind_of(value: Any) -> str:
    """The kind of that value: "nothing", "flag", "word", "area", "bytes", "list", or the name of a type."""
    if type(value) is sequences.SymSequence:
        return value.kind
    if value is None:
        return "nothing"
    if isinstance(value, bool | SymBool):
        return "flag"
    if isinstance(value, int | SymInt):
        return "word"
    if isinstance(value, tuple) and getattr(value, "_fields", ()) == Area._fields:
        return "area" if all(kind_of(part) == "word" for part in value) else "pair"
    return type(value).__name__


def show(kind: str, result: Any) -> None:
    """The result of an operation that says that it returns this kind is of it."""
    found = kind_of(result)
    if found != kind:
        raise EngineError(f"it returns a {found}, not a {kind}")
    words = {"word": [result], "area": result}.get(kind, ())
    if words:
        within = [z3.And(term_of(word) >= 0, term_of(word) < paths.WORD_LIMIT) for word in words]
        paths.current().show("returns", RETURNS, z3.And(*within) if len(within) > 1 else within[0])


def any_of(kind: str) -> Any:
    """Any value of that kind."""
    if kind not in KINDS:
        raise EngineError(f"no operation can return a {kind} to whoever calls it by contract")
    return KINDS[kind]()


def _any_word() -> SymInt:
    path = paths.current()
    result = path.integer("result")
    path.know(z3.And(result >= 0, result < paths.WORD_LIMIT), "range")
    return SymInt(result)


def _any_flag() -> SymBool:
    return SymBool(z3.Bool(paths.current().name("result")))


def _any_area() -> Area:
    return Area(_any_word(), _any_word())


def _any_bytes() -> sequences.SymSequence:
    return sequences.arbitrary(sequences.BYTES, "result")


def _any_list() -> sequences.SymSequence:
    return sequences.arbitrary(sequences.LIST, "result")


KINDS: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "flag": _any_flag,
    "word": _any_word,
    "area": _any_area,
    "bytes": _any_bytes,
    "list": _any_list,
}


def argument(kind: str, name: str) -> Any:
    """Any argument of a kind that is no number."""
    if kind == "flag":
        return SymBool(z3.Bool(paths.current().name(name)))
    if kind == "bytes":
        return sequences.arbitrary(sequences.BYTES, name)
    raise EngineError(f"no operation can be given any {kind}")
