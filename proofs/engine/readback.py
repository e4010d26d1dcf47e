"""Reads each printed assertion back with Z3's own parser, and compares it with the term that it stands for.

TRUSTED: with this the printer need not be.  A text that says anything else than its term, by whatever name or
layout, is an error; so is a second declaration of a name.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import z3
from z3 import z3core

from proofs.engine.names import is_bound
from proofs.engine.path import EngineError

_ref = z3.main_ctx().ref()
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
            read = list(self._parser.from_string("\n".join([*fresh, assertion])))
        except z3.Z3Exception as error:
            raise EngineError(f"Z3 cannot read its own text: {error}") from None
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
        pair = z3core.Z3_get_ast_id(_ref, read), z3core.Z3_get_ast_id(_ref, meant)
        if pair[0] == pair[1] or pair in self._same:
            return True
        kinds = z3core.Z3_get_ast_kind(_ref, read), z3core.Z3_get_ast_kind(_ref, meant)
        if kinds == (z3.Z3_QUANTIFIER_AST, z3.Z3_QUANTIFIER_AST):
            equal = _head(read) == _head(meant) and self._all_equal(_parts(read), _parts(meant))
        elif kinds == (z3.Z3_APP_AST, z3.Z3_NUMERAL_AST):
            equal = _negated(read) and z3core.Z3_get_numeral_string(_ref, meant) == f"-{_digits(read)}"
        else:
            equal = kinds == (z3.Z3_APP_AST, z3.Z3_APP_AST) and self._applied_alike(read, meant)
        if equal:
            self._same.add(pair)
        return equal

    def _applied_alike(self, read: Any, meant: Any) -> bool:
        """Whether both apply the same function to equal terms."""
        functions = [z3core.Z3_get_func_decl_id(_ref, z3core.Z3_get_app_decl(_ref, ast)) for ast in (read, meant)]
        return functions[0] == functions[1] and self._all_equal(_flat(read), _flat(meant))

    def _all_equal(self, read: list[Any], meant: list[Any]) -> bool:
        return len(read) == len(meant) and all(map(self._equal, read, meant))


def _operands(ast: Any) -> list[Any]:
    return [z3core.Z3_get_app_arg(_ref, ast, number) for number in range(z3core.Z3_get_app_num_args(_ref, ast))]


def _flat(ast: Any) -> list[Any]:
    """The operands; of an associative function those of its operands, too, which the printer writes in one list."""
    kind = _function_kind(ast)
    if kind not in ASSOCIATIVE:
        return _operands(ast)
    parts = []
    for part in _operands(ast):
        inner = z3core.Z3_get_ast_kind(_ref, part) == z3.Z3_APP_AST and _function_kind(part) == kind
        parts += _flat(part) if inner else [part]
    return parts


def _function_kind(ast: Any) -> int:
    return int(z3core.Z3_get_decl_kind(_ref, z3core.Z3_get_app_decl(_ref, ast)))


def _head(ast: Any) -> tuple[Any, ...]:
    """Which quantifier it is, with what weight, over which sorts, and how many terms each pattern has."""
    sorts = [z3core.Z3_get_quantifier_bound_sort(_ref, ast, n) for n in range(_bound(ast))]
    return (
        z3core.Z3_is_quantifier_forall(_ref, ast),
        z3core.Z3_is_lambda(_ref, ast),
        z3core.Z3_get_quantifier_weight(_ref, ast),
        [z3core.Z3_get_ast_id(_ref, sort) for sort in sorts],
        [z3core.Z3_get_pattern_num_terms(_ref, pattern) for pattern in _patterns(ast)],
        z3core.Z3_get_quantifier_num_no_patterns(_ref, ast),
    )


def _bound(ast: Any) -> int:
    return int(z3core.Z3_get_quantifier_num_bound(_ref, ast))


def _patterns(ast: Any) -> list[Any]:
    count = z3core.Z3_get_quantifier_num_patterns(_ref, ast)
    return [z3core.Z3_get_quantifier_pattern_ast(_ref, ast, number) for number in range(count)]


def _parts(ast: Any) -> list[Any]:
    """A quantifier's body, and what its patterns look for."""
    parts = [z3core.Z3_get_quantifier_body(_ref, ast)]
    for pattern in _patterns(ast):
        places = range(z3core.Z3_get_pattern_num_terms(_ref, pattern))
        parts += [z3core.Z3_get_pattern(_ref, pattern, place) for place in places]
    return parts


def _negated(ast: Any) -> bool:
    """Whether the term is minus a number."""
    return (
        _function_kind(ast) == z3.Z3_OP_UMINUS and z3core.Z3_get_ast_kind(_ref, _operands(ast)[0]) == z3.Z3_NUMERAL_AST
    )


def _digits(ast: Any) -> str:
    return str(z3core.Z3_get_numeral_string(_ref, _operands(ast)[0]))
