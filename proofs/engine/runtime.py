"""What a rewritten program calls while it runs: how it reads attributes, computes, raises and catches.

TRUSTED.  A program sees of the prover's values no more than of Python's own, and no error of the prover for one of
its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from types import BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType
from typing import Any

import z3

from impl import words
from impl.layout import Field
from proofs.engine import path as paths
from proofs.engine.arrays import SymArray
from proofs.engine.dictionary import SymDict
from proofs.engine.errors import Unsupported
from proofs.engine.expressions import OF_DICTIONARY, OF_MEMORY
from proofs.engine.ghost import SymSet
from proofs.engine.memory import SymMemory
from proofs.engine.outside import Word
from proofs.engine.path import EngineError, program_error, programs_own
from proofs.engine.places import source_line
from proofs.engine.refusal import Refused
from proofs.engine.sequences import LIST, SymSequence, empty
from proofs.engine.values import SymBool, SymInt

NUMBERS = (SymInt, SymBool, int, bool)
OF_NUMBERS = frozenset({"bit_length"})
OWN = {
    **dict.fromkeys(NUMBERS, OF_NUMBERS),
    SymMemory: frozenset(OF_MEMORY),
    SymArray: frozenset(),
    SymDict: frozenset(OF_DICTIONARY),
    SymSequence: frozenset(),
    str: frozenset(),
    tuple: frozenset(),
    type(None): frozenset(),
    range: frozenset(),
}
"""Which attributes a program finds at values that are none of its own classes."""
FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, MethodWrapperType)
EDITION = ".symbolic"
"""How the name of every edition ends."""


def closed_names() -> set[str]:
    """Names that mean something to the prover at its own values, so that no program may give them to its members."""
    there = {name for kind in (SymInt, SymBool, SymSet) for name in dir(kind) if not name.startswith("_")}
    return there - set(dir(int)) - {"array", "set", "over", "all", "each", "same", "empty", "stem"}


class StandIn:
    """What stands for an object of another subject, or of the machine; a program finds only what it ``OFFERS``."""

    OFFERS: tuple[str, ...] = ()


def attribute(value: Any, name: str) -> Any:
    """``value.name`` as a value, if a program may look it up there; a function is only called."""
    found = callee(value, name)
    if isinstance(found, FUNCTIONS):
        raise EngineError(f"a program takes the function {name} for a value at {source_line()}")
    return found


def callee(value: Any, name: str) -> Any:
    """``value.name``, if a program may look it up there, and call it if it is a function."""
    kind = type(value)
    if hasattr(kind, "FIELDS") or name in _offered(value, kind):
        return getattr(value, name)
    raise EngineError(f"a program looks up {name} in {kind.__name__} at {source_line()}")


def _offered(value: Any, kind: type) -> Collection[str]:
    """The attributes that a program finds at a value that is no view."""
    if kind in OWN:
        return OWN[kind]
    if isinstance(value, StandIn):
        return value.OFFERS
    if isinstance(value, tuple):
        return (*getattr(kind, "_fields", ()), *_methods(kind))
    if hasattr(value, "FIELDS") or kind.__module__.endswith(EDITION):
        return dir(value)
    return ()


def _methods(kind: type) -> list[str]:
    """The functions that a record declares itself."""
    own = [(name, member) for name, member in vars(kind).items() if isinstance(member, FunctionType)]
    return [name for name, member in own if member.__module__.endswith(EDITION)]


def target(value: Any, name: str) -> Any:
    """What ``value.name`` is assigned to, if that is a field of a view or a declared word: no other state is seen."""
    if not isinstance(getattr(type(value), name, None), Field | Word):
        raise EngineError(f"a program assigns to {name} of {type(value).__name__} at {source_line()}")
    return value


def indexed(value: Any) -> Any:
    """What ``value[i]`` is assigned to, if that is a part of the machine: nothing else changes under a local's name."""
    if not isinstance(value, StandIn):
        raise EngineError(f"a program assigns to an item of {type(value).__name__} at {source_line()}")
    return value


def number(value: Any) -> Any:
    """The result of an operator: a number, and, where CPython computed it by itself, a machine word."""
    kind = type(value)
    if kind is SymInt or kind is SymBool or kind is bool:
        return value
    if kind is not int:
        raise EngineError(f"an operator makes {kind.__name__} of its operands at {source_line()}")
    path = paths.current()
    if path.words and not path.ghost_depth and not 0 <= value < paths.WORD_LIMIT:
        path.show("machine_width", paths.WIDTH, z3.BoolVal(False), then_known=False)
    return value


def plus(value: Any, more: Any) -> Any:
    """``value += more``: a sequence that grew, or a number."""
    return value.grown(more) if type(value) is SymSequence else number(value + more)


def listed() -> SymSequence:
    """``[]``."""
    return empty(LIST)


def constants(values: Any) -> Any:
    """What a for loop walks over: a tuple, or a range of constants."""
    if type(values) not in (tuple, range):
        raise EngineError(f"a for loop walks over {type(values).__name__} at {source_line()}: write a while loop")
    return values


def counted(*ends: Any) -> range:
    """``range``, of constants: what is executed for each number cannot be executed for any number of them."""
    try:
        return range(*ends)
    except Unsupported:
        raise Unsupported(
            f"for over a range of an unknown number at {source_line()}: count in a local, with "
            'while i < n: loop("specification", ..., i)'
        ) from None


def raising(error: Any) -> Any:
    """An error that the program raises, marked as its own."""
    if paths.current().ghost_depth:
        raise EngineError(f"a specification executes `raise` at {source_line()}")
    return program_error(error)


def caught() -> None:
    """Begin a handler: what was caught is the program's own, or this is an error of the prover."""
    error = sys.exc_info()[1]
    if not programs_own(error):
        raise EngineError(f"a handler catches an error that the program did not raise: {error!r}") from error


def running() -> bool:
    """Whether what is final is executed because the program goes on or raised something itself."""
    error = sys.exc_info()[1]
    return error is None or programs_own(error)


def refuse(reason: str) -> None:
    """A function is called that is not in the language."""
    raise EngineError(reason)


def check_word(value: Any, what: str) -> None:
    """``impl.words.check_word``, whose refusal is one of the program."""
    _checked(words.check_word, value, what)


def check_u64(value: Any, what: str) -> None:
    """``impl.words.check_u64``, whose refusal is one of the program."""
    _checked(words.check_u64, value, what)


def _checked(check: Callable[[Any, str], None], value: Any, what: str) -> None:
    try:
        check(value, what)
    except ValueError as error:
        raise program_error(error) from None


class Engine:
    """The ``__engine__`` of a rewritten module: what it needs apart from loops and calls by contract."""

    attribute = staticmethod(attribute)
    callee = staticmethod(callee)
    target = staticmethod(target)
    number = staticmethod(number)
    indexed = staticmethod(indexed)
    plus = staticmethod(plus)
    listed = staticmethod(listed)
    constants = staticmethod(constants)
    raising = staticmethod(raising)
    caught = staticmethod(caught)
    running = staticmethod(running)
    refuse = staticmethod(refuse)

    def again(self) -> None:
        """One more round of a loop that is not cut."""
        paths.current().again()

    def by_contract(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Calls are executed, where nobody says what they promise."""
        return function


__all__ = ["EDITION", "Engine", "Refused", "StandIn", "check_u64", "check_word", "closed_names", "counted"]
