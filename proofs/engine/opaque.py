"""What is no formula and no number: collections, snapshots and views of them, of which Python could ask too much.

TRUSTED: Python has an answer of its own to whether two objects are equal, whether one is empty, or holds another.
Of a symbolic collection that answer would speak of the prover's object, and not of what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from proofs.engine.path import EngineError
from proofs.engine.places import specification_line

WRITE = {
    "__eq__": "compared with ==: write a.same(b), or same_memory for whole states",
    "__ne__": "compared with !=: write negate(a.same(b))",
    "__bool__": "used as a truth: state something of its members, with all, each or everywhere",
    "__len__": "asked for its length: keep a ghost number beside it",
    "__iter__": "run through: write all, each or everywhere",
    "__contains__": "asked with in: write s[x]",
    "__hash__": "used as a key: keep it under a name",
    "__lt__": "ordered: state what holds of the members",
    "__le__": "ordered: state what holds of the members",
    "__gt__": "ordered: state what holds of the members",
    "__ge__": "ordered: state what holds of the members",
    "__and__": "combined with &: state something of its members, and combine that",
    "__or__": "combined with |: state something of its members, and combine that",
}


class Opaque:
    """Python may hand such an object on, and call its methods; whatever else it asks is an error of the proof."""

    __slots__ = ()


def _refusal(use: str, advice: str) -> Callable[..., Any]:
    def refuse(self: Any, *others: Any) -> Any:
        raise EngineError(f"{type(self).__name__} is {advice} ({specification_line()})")

    refuse.__name__ = use
    return refuse


for _use, _advice in WRITE.items():
    setattr(Opaque, _use, _refusal(_use, _advice))


ASKED = frozenset({"mentioned", "defined", "unfolded", "negated", "choose", "same", "memory", "address"})
"""Attributes by which the specification language tells values apart."""


def absent(kind: str, name: str) -> NoReturn:
    """A number or a truth of the prover has no such attribute; that one of Python has it must make no difference."""
    if name in ASKED or name.startswith("__"):
        raise AttributeError(name)
    raise EngineError(f"{kind} is asked for {name}, which numbers and truths may have: compute with them")
