"""What a Z3 term is made of, read through Z3's C interface.

TRUSTED: what is misread here is missed in a text, or not compared.

Z3's Python layer asks after each call whether it failed, and wraps every subterm.  These calls only read terms that
are there, which cannot fail.
"""

from __future__ import annotations

from ctypes import CFUNCTYPE, c_void_p, cast
from typing import Any

import z3
from z3 import z3core

_ref = z3.main_ctx().ref()
Ast = Any


def bare(name: str) -> Any:
    """The C function of that name, without the check that Z3's Python layer makes after it.

    Pointers are passed as pointers: that layer has a function in Python look at each.
    """
    known = getattr(z3core, name).__defaults__[0].f
    kinds = [c_void_p if issubclass(kind, c_void_p) else kind for kind in known.argtypes]
    return CFUNCTYPE(known.restype, *kinds)(cast(known, c_void_p).value or 0)


_get_app_arg = bare("Z3_get_app_arg")
_get_app_decl = bare("Z3_get_app_decl")
_get_app_num_args = bare("Z3_get_app_num_args")
_get_arity = bare("Z3_get_arity")
_get_ast_id = bare("Z3_get_ast_id")
_get_ast_kind = bare("Z3_get_ast_kind")
_get_decl_kind = bare("Z3_get_decl_kind")
_get_func_decl_id = bare("Z3_get_func_decl_id")
_get_pattern = bare("Z3_get_pattern")
_get_pattern_num_terms = bare("Z3_get_pattern_num_terms")
_get_quantifier_body = bare("Z3_get_quantifier_body")
_get_quantifier_bound_sort = bare("Z3_get_quantifier_bound_sort")
_get_quantifier_num_bound = bare("Z3_get_quantifier_num_bound")
_get_quantifier_num_no_patterns = bare("Z3_get_quantifier_num_no_patterns")
_get_quantifier_num_patterns = bare("Z3_get_quantifier_num_patterns")
_get_quantifier_pattern_ast = bare("Z3_get_quantifier_pattern_ast")
_get_quantifier_weight = bare("Z3_get_quantifier_weight")
_get_quantifier_bound_name = bare("Z3_get_quantifier_bound_name")
_get_decl_name = bare("Z3_get_decl_name")
_get_index_value = bare("Z3_get_index_value")
_get_range = bare("Z3_get_range")
_get_sort = bare("Z3_get_sort")
_get_sort_kind = bare("Z3_get_sort_kind")
_is_lambda = bare("Z3_is_lambda")
_is_quantifier_forall = bare("Z3_is_quantifier_forall")


def identity(ast: Ast) -> int:
    """What tells a term from all others that are alive."""
    return int(_get_ast_id(_ref, ast))


def same(a: Ast, b: Ast) -> bool:
    """Whether two terms, or two functions, that are alive are one: Z3 keeps each of them once."""
    return bool(a.value == b.value)


def kind(ast: Ast) -> int:
    """Application, number, variable or quantifier."""
    return int(_get_ast_kind(_ref, ast))


def function(ast: Ast) -> Any:
    """What an application applies."""
    return _get_app_decl(_ref, ast)


def function_identity(declaration: Any) -> int:
    """What tells a function from all others."""
    return int(_get_func_decl_id(_ref, declaration))


def function_kind(declaration: Any) -> int:
    """Which of Z3's own functions it is, if any."""
    return int(_get_decl_kind(_ref, declaration))


def name(declaration: Any) -> str:
    """The name of a function."""
    return str(z3core.Z3_get_symbol_string(_ref, _get_decl_name(_ref, declaration)))


def arity(declaration: Any) -> int:
    """Of how many arguments it is a function."""
    return int(_get_arity(_ref, declaration))


def range_kind(declaration: Any) -> int:
    """Of which of Z3's kinds of sorts the values of a function are."""
    return int(_get_sort_kind(_ref, _get_range(_ref, declaration)))


def sort_kind(ast: Ast) -> int:
    """Of which of Z3's kinds of sorts the value of a term is."""
    return int(_get_sort_kind(_ref, _get_sort(_ref, ast)))


def place(ast: Ast) -> int:
    """Which variable it is: how many were bound after it."""
    return int(_get_index_value(_ref, ast))


def operands(ast: Ast) -> list[Ast]:
    """What the function is applied to."""
    return [_get_app_arg(_ref, ast, number) for number in range(_get_app_num_args(_ref, ast))]


def digits(ast: Ast) -> str:
    """A number in decimal."""
    return str(z3core.Z3_get_numeral_string(_ref, ast))


def patterns(ast: Ast) -> list[Any]:
    """The patterns of a quantifier."""
    count = _get_quantifier_num_patterns(_ref, ast)
    return [_get_quantifier_pattern_ast(_ref, ast, number) for number in range(count)]


def wanted(pattern: Any) -> list[Ast]:
    """The terms that a pattern looks for."""
    return [_get_pattern(_ref, pattern, place) for place in range(_get_pattern_num_terms(_ref, pattern))]


def body(ast: Ast) -> Ast:
    """A quantifier's body."""
    return _get_quantifier_body(_ref, ast)


def parts(ast: Ast) -> list[Ast]:
    """A quantifier's body, and what its patterns look for."""
    found = [body(ast)]
    for pattern in patterns(ast):
        found += wanted(pattern)
    return found


def variables(ast: Ast) -> list[tuple[str, int]]:
    """What a quantifier binds: names, and which kinds of sorts."""
    found = []
    for number in range(_get_quantifier_num_bound(_ref, ast)):
        symbol = _get_quantifier_bound_name(_ref, ast, number)
        kind = _get_sort_kind(_ref, _get_quantifier_bound_sort(_ref, ast, number))
        found.append((str(z3core.Z3_get_symbol_string(_ref, symbol)), int(kind)))
    return found


def head(ast: Ast) -> tuple[Any, ...]:
    """Which quantifier it is, with what weight, over which sorts, and how many terms each pattern has."""
    count = _get_quantifier_num_bound(_ref, ast)
    sorts = [_get_quantifier_bound_sort(_ref, ast, number) for number in range(count)]
    return (
        bool(_is_quantifier_forall(_ref, ast)),
        bool(_is_lambda(_ref, ast)),
        int(_get_quantifier_weight(_ref, ast)),
        [identity(sort) for sort in sorts],
        [len(wanted(pattern)) for pattern in patterns(ast)],
        int(_get_quantifier_num_no_patterns(_ref, ast)),
    )
