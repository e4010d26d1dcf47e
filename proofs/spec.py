"""The specification of a subject as one text to read: state, words, invariants, and each public operation's contract.

It is put together from model/ alone, in reading order, and holds nothing that only helps a proof: no trigger, no
lemma of its own, no inner operation.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from model.language.contracts import Applied, Shown
from model.language.laws import Beforehand, Seen
from model.language.logic import Clause, Each, Members, Only, Operation, Subject
from model.library.part import OfPart
from proofs import registry
from proofs.project import package_of

WORDS = "model.language.words"
"""Words that all specifications share, which each of them says."""
LIBRARY = "model.library."
"""Ready parts of abstract states, which each specification shows of which it is made."""
INDENT = "    "
"""Keywords of formulas that say nothing, and only help the solver."""
ALWAYS = """\
Of every operation it is shown, too, for every state in which the invariants and what it requires hold:
    it accesses fields only where a header of that type lies, and raw bytes only in mapped pages;
    every result of its arithmetic is a machine word; every loop ends;
    it raises no exception but those that are named here; what it calls by contract is proved;
    every end of it is reached by running code, or proved out of reach; afterwards all invariants hold."""


EVERY_HEAP = """\
`drystone check --c` evaluates this after every call of an allocator in C.  What a heap need not promise is asked of it
only if it declares that.  Of our own heaps it is proved (`drystone spec heaps`)."""
CONTRACTS = {"heap": EVERY_HEAP}
"""Contracts that are no subject, since there is no program that they are proved of, and what becomes of each."""


def specified(name: str) -> str:
    """The specification of a subject, or of a contract that is none; UnknownSubject if there is neither."""
    if name in CONTRACTS:
        contract: Subject = import_module(f"model.{name}.contract").PUBLIC
        return specification(contract, import_module(f"model.{name}.state"), CONTRACTS[name])
    return specification(registry.public_of(name), registry.state_of(name))


def specification(subject: Subject, state: types.ModuleType | None, closing: str = ALWAYS) -> str:
    """The text: what stands in ``state``, the words of the clauses, the invariants, the operations."""
    words = Words(subject.name, state)
    operations = [section for operation in subject.operations for section in _operation(operation, words)]
    invariants = [section for clause in subject.invariants for section in _clause(clause, words)]
    parts = [
        _title(f"{subject.name}: specification"),
        *([_title("State"), *_of_module(state)] if state else []),
        _title("Words"),
        *words.sources(),
        *([_title("Invariants: what holds between any two calls"), *invariants] if invariants else []),
        _title("Operations"),
        *operations,
        closing,
    ]
    text = "\n\n".join(part.rstrip() for part in parts) + "\n"
    return f"{text}\n{len(text.splitlines())} lines\n"


def clauses_of(operation: Operation) -> tuple[Clause, ...]:
    """What an operation ensures, as far as callers may rely on it."""
    return tuple(clause for clause in operation.ensures if not clause.inner)


# ---------------------------------------------------------------- sections


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"


def _of_module(module: types.ModuleType) -> Iterator[str]:
    """What the module says of itself, the ready parts that it is made of, and its classes."""
    yield inspect.getdoc(module) or ""
    own = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    named = [one for one in vars(module).values() if isinstance(one, type)]
    known = [kind for one in (*own, *named) for kind in one.__mro__ if kind.__module__.startswith(LIBRARY)]
    for one in (*dict.fromkeys(known), *own):
        yield inspect.getsource(one)


def _operation(operation: Operation, words: Words) -> Iterator[str]:
    """The head of an operation, then its clauses."""
    name = f"{operation.name}({', '.join(operation.arguments)})"
    raised = ", ".join(operation.raises) or "nothing"
    yield f"{name}\n{'-' * len(name)}\nraises {raised}"
    if operation.requires:
        yield "requires"
        for clause in operation.requires:
            yield from _clause(clause, words)
    if not operation.stateless:
        words.add(operation.after)
        yield f"leads from one abstract state to the next:\n{textwrap.indent(_source(operation.after), INDENT)}"
    yield "ensures"
    for clause in clauses_of(operation):
        yield from _clause(clause, words)


def _clause(clause: Clause, words: Words) -> Iterator[str]:
    """The name of a clause, its sentence, the documented statements that it says, and its formula."""
    words.add(clause.formula)
    covers = f"  [{', '.join(clause.covers)}]" if clause.covers else ""
    lines = textwrap.wrap(f"{clause.name}: {clause.sentence}{covers}", 116)
    lines += [f"{INDENT}{line}" for line in dict.fromkeys(_of_which(clause.formula, words))]
    lines += [f"{INDENT}with {name} = {value}" for name, value in bound_in(clause.formula)]
    yield "\n".join([*lines, textwrap.indent(_source(clause.formula), INDENT)])


def _of_which(formula: Callable[..., Any], words: Words, call: str = "t") -> Iterator[str]:
    """Of which ends the formula speaks, and of what is made of a call, if not of the call itself."""
    if isinstance(formula, Only):
        words.enter(formula.when)
        yield f"only where {formula.when.__name__}(t):"
        yield from _of_which(formula.formula, words, call)
    elif isinstance(formula, Applied):
        words.enter(formula.to)
        call = f"{formula.to.__name__}({call})"
        inner = list(_of_which(formula.law.formula, words, call))
        yield from inner if any(line.startswith("of ") for line in inner) else (*inner, f"of {call}:")
    elif isinstance(formula, Shown):
        words.enter(formula.view)
        yield f"of {_called(formula.view)}:"
        yield from _of_which(formula.law.formula, words)
    elif isinstance(formula, Each):
        yield f"for each of {_members(formula.members, words)}:"


def _members(members: Callable[..., Any], words: Words) -> str:
    if isinstance(members, Members):
        of = members.of or f"all at which {members.by} is defined"
        return f"{of}, with each of {members.other}" if members.other else of
    words.enter(members)
    return _called(members)


def _called(function: Callable[..., Any]) -> str:
    return f"{function.__name__}({', '.join(inspect.signature(function).parameters)})"


def bound_in(formula: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """What a formula that many contracts share stands for in this one; the source of a function is among the words."""
    if isinstance(formula, Only):
        yield from bound_in(formula.formula)
    elif isinstance(formula, types.FunctionType) and formula.__module__.startswith("model."):
        for name, value in inspect.getclosurevars(formula).nonlocals.items():
            if isinstance(value, types.FunctionType):
                yield name, value.__name__
            elif isinstance(value, int | str | tuple):
                yield name, repr(value)


# ---------------------------------------------------------------- words


class Words:
    """The functions and constants of the model that clauses use, each once, in the order of their files."""

    def __init__(self, subject: str, state: types.ModuleType | None) -> None:
        self.state = state
        package = package_of(subject)
        self.own = f"model.{subject}." if package is None else f"{package}."
        self.found: dict[tuple[str, int], str] = {}
        self._met: set[int] = set()

    def add(self, formula: Callable[..., Any]) -> None:
        """Enter all that a formula uses, but not itself."""
        for function in functions_of(formula):
            if id(function) not in self._met:
                self._met.add(id(function))
                self._follow(function)

    def _follow(self, function: types.FunctionType) -> None:
        for name, value in _used(function):
            if isinstance(value, types.FunctionType):
                self.enter(value)
            elif isinstance(value, int | tuple | str) and name.isupper():
                self._constant(function, name)

    def enter(self, function: Any) -> None:
        """Enter a function that is no formula, and all that it uses."""
        if not function.__module__.startswith(("model.", self.own)) or id(function) in self._met:
            return
        self.add(function)
        if function.__module__.startswith((self.own, WORDS)) and "<locals>" not in function.__qualname__:
            _, line = inspect.getsourcelines(function)
            self.found[function.__module__, line] = _source(function)

    def _constant(self, function: types.FunctionType, name: str) -> None:
        for module in (import_module(function.__module__), *([self.state] if self.state else [])):
            for node in ast.parse(inspect.getsource(module)).body:
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                    self.found[module.__name__, node.lineno] = ast.unparse(node)
                    return

    def sources(self) -> list[str]:
        """The text of each."""
        return [self.found[place] for place in sorted(self.found)]


def functions_of(formula: Callable[..., Any]) -> Iterator[types.FunctionType]:
    """The functions of which a formula consists: itself, or a law and how its side sees the state."""
    if isinstance(formula, Seen):
        yield from (*functions_of(formula.law.holds), *functions_of(formula.view))
    elif isinstance(formula, OfPart):
        yield from (*functions_of(formula.law.formula), *functions_of(formula.part))
    elif isinstance(formula, Applied | Shown):
        yield from functions_of(formula.law.formula)
    elif isinstance(formula, Each):
        yield from functions_of(formula.body)
    elif isinstance(formula, Beforehand):
        yield from functions_of(formula.invariant.formula)
    elif isinstance(formula, Only):
        yield from functions_of(formula.formula)
    elif isinstance(formula, types.FunctionType):
        yield formula
    elif isinstance(meaning := type(formula).__call__, types.FunctionType):  # an object that says it when it is called
        yield meaning


def _used(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The names that a function, or one within it, takes from its module or from around it; with their values."""
    known = inspect.getclosurevars(function)
    yield from known.globals.items()
    yield from known.nonlocals.items()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
        for name in code.co_names:
            if name in function.__globals__:
                yield name, function.__globals__[name]


# ---------------------------------------------------------------- texts


def _source(formula: Callable[..., Any]) -> str:
    """The text of a formula without decorators and without hints; of a law also how its side sees the state."""
    return "\n".join(dict.fromkeys(_text(function) for function in functions_of(formula)))


def _text(function: types.FunctionType) -> str:
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(("def ", "class "))), 0)
    return "\n".join(lines[start:])
