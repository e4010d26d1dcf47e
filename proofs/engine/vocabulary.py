"""Which symbols occur in a term, asked through Z3's C interface: the Python layer would wrap every subterm.

TRUSTED: a symbol that is missed would stay undeclared, and the solver would refuse the text.
"""

from __future__ import annotations

from typing import Any

import z3
from z3 import z3core

_ref = z3.main_ctx().ref()


class Vocabulary:
    """The declarations of the uninterpreted symbols in terms; each subterm is looked through once."""

    def __init__(self) -> None:
        self._roots: list[Any] = []  # kept alive, so that no identity below goes to another term
        self._found: dict[int, frozenset[str]] = {}
        self._declared: dict[int, str] = {}

    def of(self, term: Any) -> frozenset[str]:
        """The declarations of the symbols in ``term``."""
        key = term.get_id()
        if key not in self._found:
            self._roots.append(term)
            self._found[key] = self._in(term.ast)
        return self._found[key]

    def _below(self, ast: Any) -> frozenset[str]:
        key = z3core.Z3_get_ast_id(_ref, ast)
        if key not in self._found:
            self._found[key] = self._in(ast)
        return self._found[key]

    def _in(self, ast: Any) -> frozenset[str]:
        kind = z3core.Z3_get_ast_kind(_ref, ast)
        if kind == z3.Z3_APP_AST:
            found = [self._below(part) for part in _operands(ast)]
            declaration = z3core.Z3_get_app_decl(_ref, ast)
            if z3core.Z3_get_decl_kind(_ref, declaration) == z3.Z3_OP_UNINTERPRETED:
                found.append(frozenset({self._declaration(declaration)}))
            return _union(found)
        if kind == z3.Z3_QUANTIFIER_AST:
            return _union([self._below(part) for part in _parts(ast)])
        return frozenset()

    def _declaration(self, declaration: Any) -> str:
        key = z3core.Z3_get_func_decl_id(_ref, declaration)
        if key not in self._declared:
            text = z3core.Z3_func_decl_to_string(_ref, declaration)
            self._declared[key] = f"(declare-fun {text.split('declare-fun ')[1]}"
        return self._declared[key]


def quantified(term: Any, known: dict[int, tuple[Any, bool]]) -> bool:
    """Whether a quantifier occurs in ``term``; what was ``known`` of terms is kept, with the terms."""
    key = term.get_id()
    if key not in known:
        known[key] = (term, _quantified(term.ast, {}))
    return known[key][1]


def _quantified(ast: Any, seen: dict[int, bool]) -> bool:
    key = z3core.Z3_get_ast_id(_ref, ast)
    if key not in seen:
        kind = z3core.Z3_get_ast_kind(_ref, ast)
        seen[key] = kind == z3.Z3_QUANTIFIER_AST or (
            kind == z3.Z3_APP_AST and any(_quantified(part, seen) for part in _operands(ast))
        )
    return seen[key]


def _operands(ast: Any) -> list[Any]:
    return [z3core.Z3_get_app_arg(_ref, ast, number) for number in range(z3core.Z3_get_app_num_args(_ref, ast))]


def _parts(ast: Any) -> list[Any]:
    """A quantifier's body, and what its patterns look for."""
    parts = [z3core.Z3_get_quantifier_body(_ref, ast)]
    for number in range(z3core.Z3_get_quantifier_num_patterns(_ref, ast)):
        pattern = z3core.Z3_get_quantifier_pattern_ast(_ref, ast, number)
        wanted = range(z3core.Z3_get_pattern_num_terms(_ref, pattern))
        parts += [z3core.Z3_get_pattern(_ref, pattern, place) for place in wanted]
    return parts


def _union(parts: list[frozenset[str]]) -> frozenset[str]:
    """The union; no new set where one part holds it all."""
    largest = max(parts, key=len, default=frozenset())
    return largest if all(part <= largest for part in parts) else largest.union(*parts)
