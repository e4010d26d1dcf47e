"""Z3's terms evaluated by CPython: numbers, truths and arrays; the prover's functions mean what their files say."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import z3

ALL_ONES = 2**64 - 1
LARGEST = 10_000
NUMERAL, QUANTIFIER = -1, -2
FUNCTIONS: Mapping[str, Callable[..., int]] = {
    "power": lambda k: 1 << _place(k),
    "rest": lambda a, k: a % (1 << _place(k)),
    "flip": lambda a, k: a ^ (1 << _place(k)),
    "right": lambda a, k: a >> _place(k),
    "with_bit": lambda a, k: a | (1 << _place(k)),
    "lowest": lambda a, k: a & (ALL_ONES >> _place(k)),
    "length": lambda a: a.bit_length(),
    "times": lambda a, k: a << _place(k),
    "both": lambda a, b: a & b,
}
"""powers.py, bits.py, multiples.py, masks.py."""


class Undefined(Exception):
    """The term has no value here: a quantifier, a name without value, a shift that no word has."""


class Quantified(Undefined):
    """The term has a quantifier."""


def _place(k: int) -> int:
    if not 0 <= k < LARGEST:
        raise Undefined(f"a shift by {k}")
    return k


def _quotient(a: int, b: int) -> int:
    """SMT-LIB's ``div``: the rest is not negative."""
    if b == 0:
        raise Undefined("a division by 0")
    return a // b if b > 0 else -(a // -b)


def _rest(a: int, b: int) -> int:
    if b == 0:
        raise Undefined("a division by 0")
    return a % abs(b)


STRICT: Mapping[int, Callable[..., Any]] = {
    z3.Z3_OP_ADD: lambda *parts: sum(parts),
    z3.Z3_OP_SUB: lambda first, *parts: first - sum(parts),
    z3.Z3_OP_MUL: lambda *parts: reduce(operator.mul, parts),
    z3.Z3_OP_UMINUS: operator.neg,
    z3.Z3_OP_IDIV: _quotient,
    z3.Z3_OP_MOD: _rest,
    z3.Z3_OP_LE: operator.le,
    z3.Z3_OP_LT: operator.lt,
    z3.Z3_OP_GE: operator.ge,
    z3.Z3_OP_GT: operator.gt,
    z3.Z3_OP_EQ: operator.eq,
    z3.Z3_OP_DISTINCT: lambda *parts: len(set(parts)) == len(parts),
    z3.Z3_OP_XOR: operator.xor,
    z3.Z3_OP_NOT: operator.not_,
    z3.Z3_OP_SELECT: lambda array, index: array.get(index, array["else"]),
    z3.Z3_OP_STORE: lambda array, index, value: {**array, index: value},
    z3.Z3_OP_TRUE: lambda: True,
    z3.Z3_OP_FALSE: lambda: False,
}


@dataclass(slots=True, eq=False)
class Node:
    """A term, read out of Z3 once: its kind, its parts, and the number or the name that it is."""

    kind: int
    parts: list[Node]
    said: Any = None


class Reader:
    """Reads terms; each once, however many inputs it is worked out for."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[Any, Node]] = {}

    def node(self, term: Any) -> Node:
        """The term as a node."""
        key = term.get_id()
        if key not in self.known:
            self.known[key] = (term, self._read(term))
        return self.known[key][1]

    def _read(self, term: Any) -> Node:
        if not z3.is_app(term):
            return Node(QUANTIFIER, [])
        if z3.is_int_value(term):
            return Node(NUMERAL, [], term.as_long())
        kind = term.decl().kind()
        return Node(kind, [self.node(part) for part in term.children()], term.decl().name())


class Values:
    """What terms are, where the constants have these values; each node is worked out once."""

    def __init__(self, constants: Mapping[str, Any], reader: Reader) -> None:
        self.constants = dict(constants)
        self.reader = reader
        self.known: dict[int, Any] = {}

    def of(self, term: Any) -> Any:
        """The value; Undefined if there is none."""
        return self._of(self.reader.node(term))

    def _of(self, node: Node) -> Any:
        if node.kind == NUMERAL:
            return node.said
        if id(node) not in self.known:
            self.known[id(node)] = self._work_out(node)
        return self.known[id(node)]

    def _work_out(self, node: Node) -> Any:
        kind, parts = node.kind, node.parts
        if kind == z3.Z3_OP_ITE:
            return self._of(parts[1] if self._of(parts[0]) else parts[2])
        if kind == z3.Z3_OP_AND:
            return all(self._of(part) for part in parts)
        if kind == z3.Z3_OP_OR:
            return any(self._of(part) for part in parts)
        if kind == z3.Z3_OP_IMPLIES:
            return not self._of(parts[0]) or self._of(parts[1])
        if kind == z3.Z3_OP_UNINTERPRETED:
            return self._named(node.said, [self._of(part) for part in parts])
        if kind == QUANTIFIER:
            raise Quantified
        if kind not in STRICT:
            raise Undefined(f"the operator {node.said}")
        return STRICT[kind](*[self._of(part) for part in parts])

    def _named(self, name: str, parts: list[Any]) -> Any:
        if parts and name in FUNCTIONS:
            return FUNCTIONS[name](*parts)
        if name not in self.constants:
            raise Undefined(f"{name} is not known")
        return self.constants[name]
