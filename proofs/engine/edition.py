"""Editions: a subject's module and the program modules that it imports, checked, rewritten and loaded for the prover.

TRUSTED.  Every program module is loaded as an edition of its own, from the very text that was checked; what it imports
from another program module comes from that module's edition.  Nothing of a text is run before all of it was checked.

A function that is not in the language is refused if the operation could call it, by its name; else an edition holds
an error in its place.
"""

from __future__ import annotations

import ast
import importlib
import sys
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from model.language.words import WORD_BITS, WORD_BYTES, WORD_LIMIT
from proofs.engine import entered
from proofs.engine.annotations import Names
from proofs.engine.dictionary import length
from proofs.engine.expressions import ALWAYS, State
from proofs.engine.language import Checker, stored
from proofs.engine.modules import Module, analysed, imported
from proofs.engine.path import EngineError
from proofs.engine.pieces import functions_in
from proofs.engine.program import text_of
from proofs.engine.refusal import Refusal, Refused
from proofs.engine.rewrite import rewritten
from proofs.engine.runtime import EDITION, Engine, check_u64, check_word, closed_names, counted
from proofs.engine.sequences import empty_bytearray, frozen

WORDS = "impl.words"


@dataclass
class Program:
    """All program modules of a subject, each after those that it imports; and why some functions are no programs."""

    modules: dict[str, Module] = field(default_factory=dict)
    stubs: dict[str, dict[int, str]] = field(default_factory=dict)
    refusals: dict[str, list[Refusal]] = field(default_factory=dict)
    """By the name of the function."""
    mentioned: dict[str, set[str]] = field(default_factory=dict)
    """The names that functions of a name mention; known where something was refused."""


def load_symbolic(
    module: types.ModuleType,
    engine: Any,
    source: str | None = None,
    parts: Sequence[types.ModuleType] = (),
    variants: Mapping[str, str] | None = None,
    state: State | None = None,
    roots: Iterable[str] | None = None,
    names: Names | None = None,
) -> types.ModuleType:
    """A second edition of ``module`` for the prover, from its own source or from a given variant of it.

    ``parts`` are modules outside impl/ that belong to the program, too; ``variants`` may hold another text for a
    module, by its name.  ``state`` is what the subject keeps outside memory.  ``roots`` are the functions that will
    be called, by default all; a function that they cannot reach by name need not be in the language.  Refused if one
    that they can reach is not.  ``names`` are what annotations may say.
    """
    program = compiled(module, source, parts, variants, state, names)
    refuse(program, roots)
    redirected = {name: edition_name(name) for name in program.modules}
    _primitives()
    editions = [_execute(one, program, redirected, engine) for one in program.modules.values()]
    editions[-1].__dict__["__drystone_editions__"] = editions
    return editions[-1]


def compiled(
    module: types.ModuleType,
    source: str | None,
    parts: Sequence[types.ModuleType],
    variants: Mapping[str, str] | None,
    state: State | None,
    names: Names | None,
) -> Program:
    """The program of a subject, checked, rewritten and compiled, but not run; what is forked later has it at hand."""
    texts = tuple(sorted((variants or {}).items()))
    program = checked(module, source, tuple(parts), texts, state or State(), names or Names())
    redirected = {name: edition_name(name) for name in program.modules}
    for one in program.modules.values():
        _compiled(one, program, redirected)
    return program


@cache
def checked(
    module: types.ModuleType,
    source: str | None,
    parts: tuple[types.ModuleType, ...],
    texts: tuple[tuple[str, str], ...],
    state: State,
    names: Names,
) -> Program:
    """The program of a subject, every function of it checked; Refused if a module's head is no program's."""
    program = Program()
    _collect(module, source, parts, dict(texts), program)
    attributes = set(ALWAYS) | state.words | state.dictionaries | state.offered
    fields: set[str] = set()
    structs: dict[str, str] = {}
    for one in program.modules.values():
        attributes |= one.attributes
        fields |= one.fields
        for name in one.structs:
            if name in structs:
                raise EngineError(f"{one.file}: the struct {name} is declared in {structs[name]}, too: rename one")
            structs[name] = one.file
    _check_parts(program.modules.values())
    closed = closed_names() & (fields | {a for one in program.modules.values() for a in one.attributes})
    if closed:
        raise EngineError(
            f"{program.modules[module.__name__].file}: members called {sorted(closed)}: choose other names"
        )
    for one in program.modules.values():
        _check(one, Checker(one, frozenset(attributes), frozenset(fields), state, names=names), program)
    if program.refusals:
        program.mentioned = mentions(program.modules.values())
    return program


def texts_of(
    module: types.ModuleType,
    parts: Sequence[types.ModuleType],
    source: str | None,
    variants: Mapping[str, str],
) -> dict[str, str]:
    """The text of every program module of a subject, by its name."""
    known = {part.__name__: part for part in parts}
    found: dict[str, str] = {}
    waiting = [(module, source)]
    while waiting:
        one, given = waiting.pop()
        found[one.__name__] = given if given is not None else variants.get(one.__name__) or text_of(one)
        names = imported(found[one.__name__], tuple(known))
        waiting += [(known.get(name) or importlib.import_module(name), None) for name in names if name not in found]
    return found


def _collect(
    module: types.ModuleType,
    source: str | None,
    parts: tuple[types.ModuleType, ...],
    texts: Mapping[str, str],
    program: Program,
) -> None:
    """Add the module, after all program modules from which it imports."""
    text = source if source is not None else texts.get(module.__name__) or text_of(module)
    known = {part.__name__: part for part in parts}
    for name in imported(text, tuple(known)):
        if name not in program.modules and name != module.__name__:
            _collect(known.get(name) or importlib.import_module(name), None, parts, texts, program)
    file = module.__file__ or module.__name__
    program.modules[module.__name__] = analysed(module.__name__, file, text, program.modules)


def _check_parts(modules: Collection[Module]) -> None:
    """Refused if a struct without a size is no part of another one: then its size was forgotten."""
    bases = set[str]().union(*(one.bases for one in modules))
    for one in modules:
        for name in one.parts.keys() - bases:
            one.refuse(one.parts[name], f"the struct {name} without a size", "write `class Name(Struct, size=...)`")
        if one.refusals:
            raise Refused(one.refusals)


def _check(module: Module, checker: Checker, program: Program) -> None:
    """Check every function of a module."""
    stubs = program.stubs.setdefault(module.name, {})
    for node in functions_of(module.tree):
        found = checker.function(node)
        if found:
            stubs[node.lineno] = str(found[0])
            program.refusals.setdefault(node.name, []).extend(found)


def functions_of(tree: ast.Module) -> list[ast.FunctionDef]:
    """The functions of a module and those of its classes."""
    return [node for _, node in functions_in(tree)]


def refuse(program: Program, roots: Iterable[str] | None) -> None:
    """Refused if a function that ``roots`` can reach by name is not in the language."""
    if not program.refusals:
        return
    if roots is None:
        raise Refused([one for found in program.refusals.values() for one in found])
    reached = reachable(program, set(roots))
    found = [one for name, some in program.refusals.items() if name in reached for one in some]
    if found:
        raise Refused(found)


def mentions(modules: Iterable[Module]) -> dict[str, set[str]]:
    """The names that functions of each name mention."""
    mentioned: dict[str, set[str]] = {}
    for module in modules:
        for node in functions_of(module.tree):
            words = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - stored(node)
            words -= {argument.arg for argument in node.args.args}
            words |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            mentioned.setdefault(node.name, set()).update(words)
    return mentioned


def reachable(program: Program, roots: set[str]) -> set[str]:
    """The names that functions called ``roots`` mention, and those that functions of these names mention, and so on."""
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(program.mentioned.get(name, ()))
    return reached


# ---------------------------------------------------------------- execution


def _execute(module: Module, program: Program, redirected: Mapping[str, str], engine: Any) -> types.ModuleType:
    """The edition of one module."""
    edition = types.ModuleType(edition_name(module.name))
    edition.__dict__.update(
        __file__=module.file,
        __engine__=engine if engine is not None else Engine(),
        __drystone_subject__=module.text.splitlines(),
        **{entered.NOTE: entered.ENTERED.add},
        __package__="impl",
        len=length,
        range=counted,
        bytes=frozen,
        bytearray=empty_bytearray,
    )
    sys.modules[edition.__name__] = edition
    exec(_compiled(module, program, redirected), edition.__dict__)
    return edition


def struct_in(edition: types.ModuleType, name: str) -> Any:
    """The struct of that name, in whichever module of the program it is known: no two have one name."""
    known = next((one for one in reversed(edition.__dict__["__drystone_editions__"]) if hasattr(one, name)), edition)
    return getattr(known, name)


def check_bases(edition: types.ModuleType, name: str, modules: Iterable[types.ModuleType]) -> None:
    """EngineError if the class of that name, a subject's own, has functions of none of these modules."""
    known = {edition_name(module.__name__) for module in modules}
    heap = getattr(edition, name)
    for base in heap.__mro__ if heap.__module__ == edition.__name__ else ():
        if base.__module__.endswith(EDITION) and base.__module__ not in known:
            module = base.__module__.removesuffix(EDITION)
            what = f"{name} is derived from {base.__name__} of {module}, which is no part of the proof"
            raise EngineError(f"{what}: name the module in `parts` of Proof(...)")


def look_again() -> None:
    """A run begins: programs are read anew."""
    checked.cache_clear()


def _compiled(module: Module, program: Program, redirected: Mapping[str, str]) -> types.CodeType:
    """The code of a module of a program; each operation is executed in an edition of its own, but of the same code."""
    stubs, names = program.stubs[module.name], {**redirected, WORDS: edition_name(WORDS)}
    key = repr((module.name, module.file, sorted(module.names.items()), sorted(names.items()), sorted(stubs.items())))
    if (key, module.text) not in _code:
        if len(_code) >= MOST_CODE:
            _code.clear()
        tree = rewritten(module, names, stubs)
        _code[key, module.text] = compile(tree, module.file, "exec", dont_inherit=True)
    return _code[key, module.text]


_code: dict[tuple[str, str], types.CodeType] = {}
"""The code of modules, by all that it follows from: of another edition of a subject, most modules are the same."""
MOST_CODE = 400


def _primitives() -> None:
    """The functions of the language itself, as a module to import from."""
    words = types.ModuleType(edition_name(WORDS))
    words.__dict__.update(check_word=check_word, check_u64=check_u64)
    words.__dict__.update(WORD_BITS=WORD_BITS, WORD_BYTES=WORD_BYTES, WORD_LIMIT=WORD_LIMIT)
    sys.modules[words.__name__] = words


def edition_name(module: str) -> str:
    """Under which name the second edition of a module is known to ``import``."""
    return f"{module}{EDITION}"
