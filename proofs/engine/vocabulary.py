"""Which symbols occur in a term, asked through Z3's C interface: the Python layer would wrap every subterm.

TRUSTED: a symbol that is missed would stay undeclared, and the solver would refuse the text.
"""

from __future__ import annotations

from typing import Any

import z3
from z3 import z3core

from proofs.engine import reading

_ref = z3.main_ctx().ref()
SORTS = {z3.Z3_INT_SORT: "Int", z3.Z3_BOOL_SORT: "Bool"}


class Vocabulary:
    """The declarations of the uninterpreted symbols in terms; each subterm is looked through once."""

    def __init__(self) -> None:
        self._roots: list[Any] = []  # kept alive, so that no identity below goes to another term
        self._found: dict[int, frozenset[str]] = {}
        self._declared: dict[int, str] = {}

    def of(self, term: Any) -> frozenset[str]:
        """The declarations of the symbols in ``term``."""
        key = reading.identity(term.ast)
        if key not in self._found:
            self._roots.append(term)
            self._found[key] = self._in(term.ast)
        return self._found[key]

    def _below(self, ast: Any) -> frozenset[str]:
        key = reading.identity(ast)
        if key not in self._found:
            self._found[key] = self._in(ast)
        return self._found[key]

    def _in(self, ast: Any) -> frozenset[str]:
        kind = reading.kind(ast)
        if kind == z3.Z3_APP_AST:
            found = [self._below(part) for part in reading.operands(ast)]
            declaration = reading.function(ast)
            if reading.function_kind(declaration) == z3.Z3_OP_UNINTERPRETED:
                found.append(frozenset({self._declaration(declaration)}))
            return _union(found)
        if kind == z3.Z3_QUANTIFIER_AST:
            return _union([self._below(part) for part in reading.parts(ast)])
        return frozenset()

    def _declaration(self, declaration: Any) -> str:
        key = reading.function_identity(declaration)
        if key not in self._declared:
            self._declared[key] = _constant(declaration) or _written(declaration)
        return self._declared[key]


def _constant(declaration: Any) -> str:
    """The declaration of an integer or a truth; "" of anything else, which Z3's printer writes."""
    if reading.arity(declaration):
        return ""
    sort = SORTS.get(reading.range_kind(declaration))
    return f"(declare-fun {reading.name(declaration)} () {sort})" if sort else ""


def _written(declaration: Any) -> str:
    text = z3core.Z3_func_decl_to_string(_ref, declaration)
    return f"(declare-fun {text.split('declare-fun ')[1]}"


def quantified(term: Any, known: dict[int, tuple[Any, bool]]) -> bool:
    """Whether a quantifier occurs in ``term``; what was ``known`` of terms is kept, with the terms."""
    key = reading.identity(term.ast)
    if key not in known:
        known[key] = (term, _quantified(term.ast, {}))
    return known[key][1]


def _quantified(ast: Any, seen: dict[int, bool]) -> bool:
    key = reading.identity(ast)
    if key not in seen:
        kind = reading.kind(ast)
        seen[key] = kind == z3.Z3_QUANTIFIER_AST or (
            kind == z3.Z3_APP_AST and any(_quantified(part, seen) for part in reading.operands(ast))
        )
    return seen[key]


def _union(parts: list[frozenset[str]]) -> frozenset[str]:
    """The union; no new set where one part holds it all."""
    largest = max(parts, key=len, default=frozenset())
    return largest if all(part <= largest for part in parts) else largest.union(*parts)
