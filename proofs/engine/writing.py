"""Terms as S-expressions, each part written once: the facts of an operation share most of what they are made of.

TRUSTED: it changes no term; what it writes need not be trusted, since it is read back (readback.py).  Z3's own printer
writes a term anew wherever it occurs; it is asked for what is not known here.

What is written at several places of one formula and is long, has a name there (let); so no text grows beyond its term.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from proofs.engine import reading

SHORT = 120
"""Characters: what is not longer is written out wherever it occurs."""

OPERATORS = {
    z3.Z3_OP_TRUE: "true",
    z3.Z3_OP_FALSE: "false",
    z3.Z3_OP_EQ: "=",
    z3.Z3_OP_DISTINCT: "distinct",
    z3.Z3_OP_ITE: "ite",
    z3.Z3_OP_AND: "and",
    z3.Z3_OP_OR: "or",
    z3.Z3_OP_XOR: "xor",
    z3.Z3_OP_NOT: "not",
    z3.Z3_OP_IMPLIES: "=>",
    z3.Z3_OP_LE: "<=",
    z3.Z3_OP_GE: ">=",
    z3.Z3_OP_LT: "<",
    z3.Z3_OP_GT: ">",
    z3.Z3_OP_ADD: "+",
    z3.Z3_OP_SUB: "-",
    z3.Z3_OP_UMINUS: "-",
    z3.Z3_OP_MUL: "*",
    z3.Z3_OP_IDIV: "div",
    z3.Z3_OP_MOD: "mod",
    z3.Z3_OP_SELECT: "select",
    z3.Z3_OP_STORE: "store",
}

SORTS = {z3.Z3_INT_SORT: "Int", z3.Z3_BOOL_SORT: "Bool"}

Ast = Any


class Unknown(Exception):
    """A kind of term that is not written here."""


class Node:
    """A part of a formula: all of its text, if that is short or names nothing outside; else operator and operands."""

    __slots__ = ("operands", "operator", "text")

    def __init__(self, text: str, operator: str = "", operands: Sequence[Node] = ()) -> None:
        self.text = text
        self.operator = operator
        self.operands = operands


class Writer:
    """Writes terms.  What was written is kept by identity, so whoever asks keeps the terms alive."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], dict[int, Node]] = {}
        self._functions: dict[int, str] = {}

    def text(self, term: Any) -> str | None:
        """The term as an S-expression; None if a part of it is of a kind that is not known here."""
        try:
            return written(self._node(term.ast, (), self._under(())))
        except Unknown:
            return None

    def _under(self, bound: tuple[str, ...]) -> dict[int, Node]:
        """What is known of terms where variables of these names are bound."""
        return self._known.setdefault(bound, {})

    def _node(self, ast: Ast, bound: tuple[str, ...], known: dict[int, Node]) -> Node:
        key = reading.identity(ast)
        node = known.get(key)
        if node is None:
            kind = reading.kind(ast)
            if kind == z3.Z3_APP_AST:
                operator = self._function(reading.function(ast))
                node = _applied(operator, [self._node(part, bound, known) for part in reading.operands(ast)])
            else:
                node = Node(self._leaf(ast, kind, bound))
            known[key] = node
        return node

    def _leaf(self, ast: Ast, kind: int, bound: tuple[str, ...]) -> str:
        """The text of what is no application."""
        if kind == z3.Z3_NUMERAL_AST and reading.sort_kind(ast) == z3.Z3_INT_SORT:
            digits = reading.digits(ast)
            return f"(- {digits[1:]})" if digits[0] == "-" else digits
        if kind == z3.Z3_VAR_AST:
            return bound[-1 - reading.place(ast)]
        if kind == z3.Z3_QUANTIFIER_AST:
            return self._quantified(ast, bound)
        raise Unknown

    def _function(self, declaration: Any) -> str:
        """The name of a function."""
        key = reading.function_identity(declaration)
        if key not in self._functions:
            kind = reading.function_kind(declaration)
            name = reading.name(declaration) if kind == z3.Z3_OP_UNINTERPRETED else OPERATORS.get(kind, "")
            self._functions[key] = name
        if not self._functions[key]:
            raise Unknown
        return self._functions[key]

    def _quantified(self, ast: Ast, bound: tuple[str, ...]) -> str:
        """A quantifier, whose body and patterns are formulas of their own."""
        is_universal, is_lambda, weight, _, _, forbidden = reading.head(ast)
        variables = [(name, SORTS.get(kind, "")) for name, kind in reading.variables(ast)]
        inner = (*bound, *(name for name, _ in variables))
        if is_lambda or weight != 1 or forbidden or len(set(inner)) < len(inner) or not all(s for _, s in variables):
            raise Unknown
        known = self._under(inner)
        text = written(self._node(reading.body(ast), inner, known))
        patterns = [
            " ".join(written(self._node(part, inner, known)) for part in reading.wanted(pattern))
            for pattern in reading.patterns(ast)
        ]
        if patterns:
            text = f"(! {text} {' '.join(f':pattern ({pattern})' for pattern in patterns)})"
        declared = " ".join(f"({name} {sort})" for name, sort in variables)
        return f"({'forall' if is_universal else 'exists'} ({declared}) {text})"


def _applied(operator: str, operands: Sequence[Node]) -> Node:
    if not operands:
        return Node(operator)
    length = len(operator)
    for part in operands:
        if not part.text:
            return Node("", operator, operands)
        length += len(part.text)
    return Node(
        f"({operator} {' '.join([part.text for part in operands])})" if length <= SHORT else "", operator, operands
    )


def written(root: Node) -> str:
    """The text of a formula; what is long and stands at several places of it has a name."""
    if root.text:
        return root.text
    found: list[Node] = []
    places: dict[int, int] = {id(root): 1}
    _look_through(root, found, places)
    texts: dict[int, str] = {}
    named: list[tuple[str, str]] = []
    for node in found:
        text = f"({node.operator} {' '.join([part.text or texts[id(part)] for part in node.operands])})"
        if places[id(node)] > 1:
            named.append((f"a!{len(named) + 1}", text))
            text = named[-1][0]
        texts[id(node)] = text
    text = texts[id(root)]
    for name, meant in reversed(named):
        text = f"(let (({name} {meant})) {text})"
    return text


def _look_through(node: Node, found: list[Node], places: dict[int, int]) -> None:
    """Find the long parts, operands first, and at how many places each of them stands."""
    for part in node.operands:
        if not part.text:
            places[id(part)] = places.get(id(part), 0) + 1
            if places[id(part)] == 1:
                _look_through(part, found, places)
    found.append(node)
