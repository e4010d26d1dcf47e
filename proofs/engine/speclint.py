"""What a specification may be made of: it computes from what it is given, and leaves no trace.

TRUSTED: a specification that counts its calls could say one thing where it is shown and another where it is relied on;
one that asks Python what kind of object it has would see the prover, and not the value.

Looked at is the code of every clause, loop specification, claim and step, and of what they call in turn, as CPython has
compiled it.  What one function may do is said here, what it may reach in speclint_reach.py.
"""

from __future__ import annotations

import builtins
import dis
import types
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence

from model.language.logic import Operation, Subject
from proofs.engine.speclint_reach import Found, Reach, refusal_of

Refusal = tuple[str, str]
"""What a specification may not have, and what to write instead."""
STORES = {
    "STORE_GLOBAL": "a global name set",
    "DELETE_GLOBAL": "a global name deleted",
    "STORE_ATTR": "an attribute set",
    "DELETE_ATTR": "an attribute deleted",
    "STORE_SUBSCR": "an item set",
    "DELETE_SUBSCR": "an item deleted",
    "STORE_SLICE": "a slice set",
}
RETURN = "compute a new value, and return it"
PLAIN = "write it with the operators of model/language/logic.py alone"
REFUSED = {
    **{name: (what, RETURN) for name, what in STORES.items()},
    "MATCH_CLASS": ("match asks for a class", PLAIN),
    "MATCH_MAPPING": ("match asks for a mapping", PLAIN),
    "MATCH_SEQUENCE": ("match asks for a sequence", PLAIN),
    "PUSH_EXC_INFO": ("try, except or with", "state when it is defined, with implies or when"),
    "BEFORE_WITH": ("with", PLAIN),
    "IMPORT_NAME": ("an import", "import at the top of the module"),
    "GET_AWAITABLE": ("await", PLAIN),
}
_READING = {name for kind in (tuple, frozenset, bytes, types.MappingProxyType) for name in dir(kind)}
_MUTABLE = (list, set, dict, bytearray, deque, OrderedDict, types.GeneratorType)
NONLOCAL = ("STORE_DEREF", "DELETE_DEREF")
MUTATING = frozenset({name for kind in _MUTABLE for name in dir(kind)} - _READING - {"fromkeys"})
"""Methods that change what they are called on; a specification may call them on a list, set or dict of its own."""
BUILDING: frozenset[str] = frozenset(
    ["BUILD_LIST", "BUILD_SET", "BUILD_MAP", "LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE"]
)
VALUES = BUILDING | {"LOAD_CONST", "BINARY_OP", "COMPARE_OP"}
GROWING = ("+=", "|=")
INTERNAL = frozenset(["term", "array", "negated", "choose", "mentioned", "unfolded", "sexpr"])
"""What symbolic values have, and numbers have not."""
BUILTINS = frozenset(
    one.__name__
    for one in (
        *(abs, all, any, bool, dict, divmod, enumerate, filter, frozenset, getattr, int, len, list, map, max, min, pow),
        *(range, reversed, set, sorted, sum, tuple, zip, property, staticmethod, classmethod, super, object),
        *(ValueError, TypeError, KeyError, AttributeError, AssertionError, NotImplementedError, LookupError),
    )
)
"""Of Python's own functions these give the same answer for a number and for the symbol that stands for it."""

_passed: dict[tuple[types.CodeType, int], object] = {}
"""What has passed in this run, with all that it reaches.

Of each function its code, and its globals, kept alive so that no others get their identity.
"""


def look_again() -> None:
    """A run begins: what has passed may reach other things by now."""
    _passed.clear()


def check_subject(subject: Subject, *more: Operation) -> None:
    """EngineError if a clause of the subject, or of these operations, is no specification."""
    operations = [*subject.operations, *more]
    clauses = [*subject.invariants, *(c for o in operations for c in (*o.requires, *o.ensures, *o.lemmas))]
    for clause in clauses:
        check(clause.formula)
    for operation in operations:
        check(operation.after)
        check(operation.established)


def check(specification: object) -> None:
    """EngineError if the function, or one that it reaches, is no specification."""
    reach = Reach()
    reach.take(specification, Found("a clause", 0, "its formula"), "what it is made of")
    passing: dict[tuple[types.CodeType, int], object] = {}
    for function in reach:
        key = (function.__code__, id(function.__globals__))
        reach.closure(function)
        if key not in _passed and key not in passing:
            for code in codes_of(function.__code__):
                _check_code(code, function, reach)
            passing[key] = function.__globals__
    _passed.update(passing)  # only now: what reaches something refused has not passed


def codes_of(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of a function, and of all that are written inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_of(constant)


def _check_code(code: types.CodeType, function: types.FunctionType, reach: Reach) -> None:
    """What one piece of code does itself; what it names is left to ``reach``."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("CACHE", "EXTENDED_ARG", "PRECALL")]
    line = code.co_firstlineno
    for number, step in enumerate(steps):
        line = step.starts_line or line
        found = Found(code.co_filename, line, code.co_name)
        following = steps[number + 1] if number + 1 < len(steps) else None
        into = str(following.argval) if following is not None and following.opname == "STORE_FAST" else ""
        refusal = _refusal(step, steps[:number], code, into)
        if refusal:
            raise refusal_of(found, *refusal)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            _check_global(str(step.argval), following, function, reach, found)


def _refusal(
    step: dis.Instruction, before: Sequence[dis.Instruction], code: types.CodeType, into: str
) -> Refusal | None:
    """Why one instruction, which stores ``into`` a local or not, is refused, and what to write instead."""
    name = str(step.argval)
    if step.opname in REFUSED:
        return REFUSED[step.opname]
    if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
        return _refused_attribute(name, before, code)
    altered = step.opname == "BINARY_OP" and step.argrepr.endswith("=") and not _of_its_own(into, code, VALUES)
    compared = step.opname == "IS_OP" and not _is_none(before)
    asked = step.opname == "LOAD_CONST" and "getattr" in code.co_names and (name in INTERNAL or name.startswith("__"))
    reasons = (
        (step.opname in NONLOCAL and name in code.co_freevars, f"{name} of the function around set (nonlocal)", RETURN),
        (altered, f"{step.argrepr} of what it was given", RETURN),
        (compared, "is, or match with True or False", "compare with ==; is may compare with None alone"),
        (step.opname == "YIELD_VALUE" and code.co_name != "<genexpr>", "yield", "return a list"),
        (asked, f"getattr with {name!r}", PLAIN),
    )
    return next(((what, instead) for holds, what, instead in reasons if holds), None)


def _is_none(before: Sequence[dis.Instruction]) -> bool:
    """Whether what was loaded last is None."""
    return bool(before) and before[-1].opname == "LOAD_CONST" and before[-1].argval is None


def _refused_attribute(name: str, before: Sequence[dis.Instruction], code: types.CodeType) -> Refusal | None:
    if name.startswith("__") and name.endswith("__"):
        return f"the attribute {name}", PLAIN
    if name in INTERNAL:
        return f".{name} of a symbolic value", PLAIN
    on = before[-1].argval if before and before[-1].opname == "LOAD_FAST" else ""
    if name in MUTATING and not _of_its_own(on, code):
        return f".{name}(), which may change what it is called on", RETURN
    return None


def _of_its_own(name: str, code: types.CodeType, making: frozenset[str] = BUILDING) -> bool:
    """Whether a local holds nothing but a list, set or dict made here, or what else these instructions make."""
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("CACHE", "EXTENDED_ARG")]
    stores = [number for number, step in enumerate(steps) if (step.opname, step.argval) == ("STORE_FAST", name)]
    made = [steps[number - 1].opname in making or steps[number - 1].argrepr in GROWING for number in stores]
    return bool(made) and all(made) and name not in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _check_global(
    name: str, following: dis.Instruction | None, function: types.FunctionType, reach: Reach, found: Found
) -> None:
    """What a global name stands for now; of a module, what is taken from it."""
    if name == "getattr" and not str(function.__module__).startswith("model."):
        raise refusal_of(found, "getattr()", PLAIN)
    if name not in function.__globals__:
        if hasattr(builtins, name) and name not in BUILTINS:
            raise refusal_of(found, f"{name}()", PLAIN)
        return
    value = function.__globals__[name]
    if getattr(value, "__module__", "") == "builtins" and getattr(value, "__name__", "") not in BUILTINS:
        raise refusal_of(found, f"{name}, which is Python's {value.__name__}", PLAIN)
    if isinstance(value, types.ModuleType) and following is not None:
        if following.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
            raise refusal_of(found, f"the module {name} as a value", PLAIN)
        value = getattr(value, str(following.argval), None)
        name = f"{name}.{following.argval}"
    reach.take(value, found, name)
