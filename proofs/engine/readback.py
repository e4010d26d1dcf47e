"""Reads each printed assertion back with Z3's own parser, and compares it with the term that it stands for.

TRUSTED: with this the printer need not be.  A text that says anything else than its term, by whatever name or
layout, is an error; so is a second declaration of a name.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import z3

from proofs.engine.names import is_bound
from proofs.engine.path import EngineError
from proofs.engine.reading import (
    digits,
    function,
    function_identity,
    function_kind,
    head,
    identity,
    kind,
    operands,
    parts,
)

ASSOCIATIVE = (z3.Z3_OP_AND, z3.Z3_OP_OR, z3.Z3_OP_ADD, z3.Z3_OP_MUL)


class Reader:
    """Reads the pieces of one printer; what was declared once is known to all of them."""

    def __init__(self) -> None:
        self._parser = z3.ParserContext()
        self._declared: dict[str, str] = {}
        self._known: set[str] = set()
        self._kept: list[Any] = []  # alive, so that no identity in ``_same`` goes to another term
        self._same: set[tuple[int, int]] = set()

    def confirm(self, assertion: str, declarations: Collection[str], term: Any) -> None:
        """EngineError unless the text asserts just ``term``, and declares no name a second time."""
        fresh = [text for text in declarations if text not in self._known]
        for text in fresh:
            self._declare(text)
        try:
            found = self._parser.from_string("\n".join([*fresh, assertion]))
        except z3.Z3Exception as error:
            raise EngineError(f"Z3 cannot read its own text: {error}") from None
        read = [found[number] for number in range(len(found))]
        self._kept += [*read, term]
        if len(read) != 1 or not self._equal(read[0].ast, term.ast):
            raise EngineError(f"the printed text says something else than the term: {assertion[:200]}")

    def _declare(self, text: str) -> None:
        """Note a declaration: "(declare-fun name ...)"."""
        name = text.split(" ", 2)[1]
        if is_bound(name):
            raise EngineError(f"the bound variable {name} has left its formula")
        if name.startswith("|") or self._declared.setdefault(name, text) != text:
            raise EngineError(f"two symbols are called {name}, or it is no simple name")
        self._known.add(text)

    def _equal(self, read: Any, meant: Any) -> bool:
        """Whether both are one term but for the identifiers of quantifiers and the way of writing a number below 0."""
        pair = identity(read), identity(meant)
        if pair[0] == pair[1] or pair in self._same:
            return True
        kinds = kind(read), kind(meant)
        if kinds == (z3.Z3_QUANTIFIER_AST, z3.Z3_QUANTIFIER_AST):
            equal = head(read) == head(meant) and self._all_equal(parts(read), parts(meant))
        elif kinds == (z3.Z3_APP_AST, z3.Z3_NUMERAL_AST):
            equal = _negated(read) and digits(meant) == f"-{digits(operands(read)[0])}"
        else:
            equal = kinds == (z3.Z3_APP_AST, z3.Z3_APP_AST) and self._applied_alike(read, meant)
        if equal:
            self._same.add(pair)
        return equal

    def _applied_alike(self, read: Any, meant: Any) -> bool:
        """Whether both apply the same function to equal terms."""
        applied = function(read), function(meant)
        if function_identity(applied[0]) != function_identity(applied[1]):
            return False
        which = function_kind(applied[0])
        if which in ASSOCIATIVE:
            return self._all_equal(_flat(read, which), _flat(meant, which))
        return self._all_equal(operands(read), operands(meant))

    def _all_equal(self, read: list[Any], meant: list[Any]) -> bool:
        return len(read) == len(meant) and all(map(self._equal, read, meant))


def _flat(ast: Any, which: int) -> list[Any]:
    """The operands of an associative function, and those of its operands, which the printer writes in one list."""
    found = []
    for part in operands(ast):
        inner = kind(part) == z3.Z3_APP_AST and function_kind(function(part)) == which
        found += _flat(part, which) if inner else [part]
    return found


def _negated(ast: Any) -> bool:
    """Whether the term is minus a number."""
    minus = function_kind(function(ast)) == z3.Z3_OP_UMINUS
    return bool(minus and kind(operands(ast)[0]) == z3.Z3_NUMERAL_AST)
