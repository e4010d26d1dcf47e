"""Z3 terms over integers and truths, made straight through Z3's C interface.

TRUSTED: each function makes the term that it names; tests/test_terms.py compares them with Z3's Python layer.
That layer looks up the sorts of all operands first, to convert them; here they are known.  The C
interface still refuses operands of a wrong sort.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import z3
from z3 import z3core
from z3.z3types import Ast, Pattern

from proofs.engine import reading

Term = Any

_context = z3.main_ctx()
_ref = _context.ref()
_One, _Two = Ast * 1, Ast * 2
_nameless = z3core.Z3_mk_string_symbol(_ref, "")


_error = reading.bare("Z3_get_error_code")
_message = z3core.Z3_get_error_msg
_keep = reading.bare("Z3_inc_ref")  # it cannot fail where making the term did not


_apply = reading.bare("Z3_mk_app")
_choose = reading.bare("Z3_mk_ite")
_quantify = reading.bare("Z3_mk_quantifier_const_ex")
_all, _not, _look_for = reading.bare("Z3_mk_and"), reading.bare("Z3_mk_not"), reading.bare("Z3_mk_pattern")
_simplified, _truth_of = reading.bare("Z3_simplify"), reading.bare("Z3_get_bool_value")


def _made(kind: type, ast: Any) -> Term:
    """The object of Z3's Python layer that stands for a new term of the context; there is none of wrong operands."""
    if not ast:
        raise z3.Z3Exception(_message(_ref, _error(_ref)))
    term: Any = object.__new__(kind)
    term.ast, term.ctx = ast, _context
    _keep(_ref, ast)
    return term


def keep_all() -> None:
    """From here on this process lets go of no term and no solver: one that ends soon need not count who holds what.

    It takes a tenth of the time that making terms takes, and no identity ever goes to another term.
    """
    for kind in (z3.AstRef, z3.Solver):
        if "__del__" in vars(kind):
            del kind.__del__


def _combined(make: Callable[..., Any], kind: type) -> Callable[[Term, Term], Term]:
    """An operator that Z3 has for any number of operands."""

    def apply(a: Term, b: Term) -> Term:
        return _made(kind, make(_ref, 2, _Two(a.ast, b.ast)))

    return apply


def _paired(make: Callable[..., Any], kind: type) -> Callable[[Term, Term], Term]:
    """An operator that Z3 has for two operands."""

    def apply(a: Term, b: Term) -> Term:
        return _made(kind, make(_ref, a.ast, b.ast))

    return apply


def _constant_first(
    compare: Callable[[Term, Term], Term], mirrored: Callable[[Term, Term], Term]
) -> Callable[[Term, Term], Term]:
    """A comparison, turned round if only the right operand is a constant: as CPython does with Z3's classes."""

    def apply(a: Term, b: Term) -> Term:
        if type(b) is z3.IntNumRef and type(a) is not z3.IntNumRef:
            return mirrored(b, a)
        return compare(a, b)

    return apply


add = _combined(reading.bare("Z3_mk_add"), z3.ArithRef)
sub = _combined(reading.bare("Z3_mk_sub"), z3.ArithRef)
mul = _combined(reading.bare("Z3_mk_mul"), z3.ArithRef)
_lt = _paired(reading.bare("Z3_mk_lt"), z3.BoolRef)
_le = _paired(reading.bare("Z3_mk_le"), z3.BoolRef)
_gt = _paired(reading.bare("Z3_mk_gt"), z3.BoolRef)
_ge = _paired(reading.bare("Z3_mk_ge"), z3.BoolRef)
_eq = _paired(reading.bare("Z3_mk_eq"), z3.BoolRef)
_ne = _combined(reading.bare("Z3_mk_distinct"), z3.BoolRef)
lt = _constant_first(_lt, _gt)
le = _constant_first(_le, _ge)
gt = _constant_first(_gt, _lt)
ge = _constant_first(_ge, _le)
eq = _constant_first(_eq, _eq)
ne = _constant_first(_ne, _ne)
both = _combined(reading.bare("Z3_mk_and"), z3.BoolRef)
either = _combined(reading.bare("Z3_mk_or"), z3.BoolRef)
implication = _paired(reading.bare("Z3_mk_implies"), z3.BoolRef)
quotient = _paired(reading.bare("Z3_mk_div"), z3.ArithRef)
remainder = _paired(reading.bare("Z3_mk_mod"), z3.ArithRef)
flag_at = _paired(reading.bare("Z3_mk_select"), z3.BoolRef)
word_at = _paired(reading.bare("Z3_mk_select"), z3.ArithRef)


def all_of(*parts: Term) -> Term:
    """All of these truths."""
    asts = (Ast * len(parts))(*[part.ast for part in parts])
    return _made(z3.BoolRef, _all(_ref, len(parts), asts))


def below(term: Term, limit: int) -> Term:
    """The integer is none below 0, and less than the limit."""
    return both(_ge(term, number(0)), _lt(term, number(limit)))


def applied(function: Any, argument: Term) -> Term:
    """The value of a function of one integer."""
    return _made(_kind_of_values(function), _apply(_ref, function.ast, 1, _One(argument.ast)))


_kinds: dict[int, tuple[Any, type]] = {}
"""Of which kind the values of functions are; the functions are kept alive, so that no identity goes to another."""


def _kind_of_values(function: Any) -> type:
    key = function.ast.value
    if key not in _kinds:
        _kinds[key] = (function, z3.BoolRef if function.range().kind() == z3.Z3_BOOL_SORT else z3.ArithRef)
    return _kinds[key][1]


def choice(p: Term, yes: Term, no: Term) -> Term:
    """``yes`` where ``p`` holds, ``no`` elsewhere."""
    kind = z3.BoolRef if isinstance(yes, z3.BoolRef) else z3.ArithRef
    if not isinstance(no, kind) or not isinstance(yes, kind):
        return z3.If(p, yes, no)  # it refuses what is of different sorts
    return _made(kind, _choose(_ref, p.ast, yes.ast, no.ast))


def applies(term: Term, function: Any) -> bool:
    """Whether ``term`` is a value of this function."""
    applied_at_all = reading.kind(term.ast) == z3.Z3_APP_AST
    return applied_at_all and reading.same(reading.function(term.ast), function.ast)


@cache
def variable(name: str) -> Term:
    """The integer constant of that name, which a quantifier may bind."""
    return z3.Int(name)


_valid: dict[int, tuple[Term, bool]] = {}
"""What is known of terms, kept alive, so that no identity goes to another term."""


def is_valid(p: Term) -> bool:
    """Whether ``p`` simplifies to True."""
    key = reading.identity(p.ast)
    if key not in _valid:
        holds = _truth_of(_ref, _simplified(_ref, p.ast)) == z3.Z3_L_TRUE
        _valid[key] = (p, bool(holds))
    return _valid[key][1]


def pattern(*parts: Term) -> Any:
    """A pattern of these terms, which are alive until it is made: Z3's Python layer lets go of them before."""
    asts = (Ast * len(parts))(*[part.ast for part in parts])
    return _made(z3.PatternRef, _look_for(_ref, len(parts), asts))


def universal(variables: Sequence[Term], body: Term, patterns: Sequence[Term]) -> Term:
    """For all values of the variables, with these patterns, or a term for each that is all there is to look for."""
    given = [one if isinstance(one, z3.PatternRef) else pattern(one) for one in patterns]
    bound = (Ast * len(variables))(*[one.ast for one in variables])
    looked_for = (Pattern * len(given))(*[one.ast for one in given])
    made = _quantify(
        _ref, True, 1, _nameless, _nameless, len(variables), bound, len(given), looked_for, 0, (Ast * 0)(), body.ast
    )
    return _made(z3.QuantifierRef, made)


def negation(p: Term) -> Term:
    """Not ``p``."""
    return _made(z3.BoolRef, _not(_ref, p.ast))


@cache
def number(value: int) -> Term:
    """The constant."""
    return z3.IntVal(value)


@cache
def truth(value: bool) -> Term:
    """The constant."""
    return z3.BoolVal(value)


def assert_in(solver: Any, truth: Term) -> None:
    """The solver knows this truth from here on."""
    z3core.Z3_solver_assert(_ref, solver.solver, truth.ast)


def value_of(term: Term) -> int | None:
    """The value of a constant integer, None of any other term."""
    return int(reading.digits(term.ast)) if reading.kind(term.ast) == z3.Z3_NUMERAL_AST else None


def holds_flags(array: Term) -> bool:
    """Whether the values of an array are truths."""
    return bool(array.range().kind() == z3.Z3_BOOL_SORT)
