"""Looks a subject's proof over before anything is run: a name that stands for nothing is told once, with its place.

NOT TRUSTED: what it lets pass, the prover meets when it executes the operations, and refuses there.

A mistake in a contract would otherwise be met by each operation anew, in the prover's own terms.  What can be told
from the contract, the program and the proof alone is told here, with the file and line where it is written.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import impl.errors
import model
from model.language.logic import Clause, Operation
from proofs import registry
from proofs.engine.kinds import KINDS
from proofs.engine.lineage import class_in, files_of, lineage
from proofs.engine.operation import Proof
from proofs.engine.stating import defined_at, nearest
from proofs.registry import Mistake

GIVEN = {
    "invariants": ("state", "heap", "ghost"),
    "requires": ("state", "heap", "ghost", "arguments"),
    "lemmas": ("state", "heap", "ghost", "arguments"),
    "ensures": ("t",),
}
"""What a clause is given, by where it stands."""
PARTS = ("byte", "mapped", "log", "pages")
"""Parts of memory that belong to no struct."""
ARGUMENTS = ("word", "flag", "bytes")
"""Kinds of arguments, as contracts call them."""
BEYOND = ("ghost.", "word.")
"""How parts of the abstract state, and of what is kept outside memory, are called."""


class Misnamed(Mistake):
    """Something in a subject's contract or proof that stands for nothing; ``place`` is where it is written."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{place}: {what}" if place else what)


def check_all(proofs: Sequence[Proof]) -> None:
    """Misnamed at the first thing in one of these proofs that cannot mean anything."""
    for proof in proofs:
        check(proof)


def check(proof: Proof) -> None:
    """Misnamed at the first thing in a proof, or in the contract that it proves, that cannot mean anything."""
    for one in proof.subject.operations:
        if not isinstance(one, Operation):
            name = getattr(one, "name", repr(one))
            raise Misnamed(_subject_at(proof), f"{name} is no operation: write Operation(...)")
    _check_structs(proof)
    for clause in proof.subject.invariants:
        _check_clause(proof, clause, "invariants")
    for operation in proof.subject.operations:
        _check_operation(proof, operation)
        for part in ("requires", "lemmas", "ensures"):
            for clause in getattr(operation, part):
                _check_clause(proof, clause, part)


def notes(proofs: Sequence[Proof]) -> list[str]:
    """What of the programs no theorem speaks of: functions of a heap that no contract names, and nothing calls."""
    return [note for proof in proofs for note in _uncovered(proof)]


# ---------------------------------------------------------------- structs


def _check_structs(proof: Proof) -> None:
    modules = lineage(proof.module)
    for one in modules[1:]:
        if one not in proof.parts:
            what = f"{proof.heap} is derived from a class of {one.__name__}, which is no part of the proof"
            raise Misnamed(_where_said(_files(proof), proof.heap), f"{what}: name the module in `parts` of Proof(...)")
    kinds = {name for one in modules for name, value in vars(one).items() if isinstance(value, type)}
    for name in (proof.heap, *proof.structs):
        if not any(hasattr(one, name) for one in modules):
            has = f"{proof.module.__name__} has no class {name}; it has {nearest(name, kinds)}"
            raise Misnamed(_where_said(_files(proof), name), has)


# ---------------------------------------------------------------- operations


def _check_operation(proof: Proof, operation: Operation) -> None:
    name = operation.name
    heap, own = getattr(proof.module, proof.heap), proof.invoke is None and not operation.stateless
    if own and not callable(getattr(heap, name, None)):
        functions = [one for one in dir(heap) if isinstance(getattr(heap, one), types.FunctionType)]
        raise Misnamed(_made_at(proof, operation), f"{proof.heap} has no {name}(); it has {nearest(name, functions)}")
    if own:
        _check_arguments(proof, operation, getattr(heap, name))
    for raised in operation.raises:
        if not _is_error(getattr(impl.errors, raised, None) or getattr(builtins, raised, None)):
            known = [one for one, value in vars(impl.errors).items() if _is_error(value)]
            known += ["ValueError", "KeyError", "ZeroDivisionError"]
            raise Misnamed(
                _made_at(proof, operation),
                f"{name} raises {raised}, which is no error; there are {nearest(raised, known)}",
            )
    _check_functions(operation)
    _check_kinds(proof, operation)
    for part in operation.changes or ():
        if part not in PARTS and not part.startswith(BEYOND) and part not in (known := _parts(proof)):
            raise Misnamed(
                _made_at(proof, operation), f"{name} changes {part!r}: no part of memory; {nearest(part, known)}"
            )


def _check_functions(operation: Operation) -> None:
    """What gives the abstract state that follows, and what tells success, are given the end of the operation."""
    for part in ("after", "established"):
        function = getattr(operation, part)
        try:
            inspect.signature(function).bind("t")
        except ValueError:
            continue
        except TypeError:
            takes = ", ".join(inspect.signature(function).parameters)
            says = f"`{part}` of {operation.name} takes ({takes}), but is given (t)"
            raise Misnamed(defined_at(function), says) from None


def _check_kinds(proof: Proof, operation: Operation) -> None:
    """The kinds of arguments and of the result are some that there are, of arguments that there are."""
    for argument, kind in operation.kinds.items():
        if argument not in operation.arguments:
            known = nearest(argument, operation.arguments)
            raise Misnamed(_made_at(proof, operation), f"{operation.name} has no argument {argument}; it has {known}")
        if kind not in ARGUMENTS:
            says = f"{operation.name}: no argument is a {kind}; there are {nearest(kind, ARGUMENTS)}"
            raise Misnamed(_made_at(proof, operation), says)
    if operation.returns not in KINDS:
        says = f"{operation.name} returns a {operation.returns}, which is no kind; {nearest(operation.returns, KINDS)}"
        raise Misnamed(_made_at(proof, operation), says)


def _check_arguments(proof: Proof, operation: Operation, function: Any) -> None:
    """The program's function can be called with the arguments that the contract names."""
    try:
        inspect.signature(function).bind(None, *operation.arguments)
    except TypeError:
        takes = [one for one in inspect.signature(function).parameters if one != "self"]
        says = f"the contract of {operation.name} names the arguments ({', '.join(operation.arguments)}), but "
        says += f"{proof.heap}.{operation.name} takes ({', '.join(takes)})"
        raise Misnamed(_made_at(proof, operation), says) from None


def _is_error(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def _parts(proof: Proof) -> list[str]:
    """The parts of memory that the proof's structs make up."""
    found = list(PARTS)
    for name in proof.structs:
        found.append(f"claimed.{name}")
        found += [f"{name}.{field.name}" for field in class_in(proof.module, name).FIELDS]
    return found


# ---------------------------------------------------------------- clauses


def _check_clause(proof: Proof, clause: Any, part: str) -> None:
    if not isinstance(clause, Clause):
        name = getattr(clause, "__name__", repr(clause))
        raise Misnamed(
            defined_at(clause) or _subject_at(proof), f'{name} is no clause: write @clause("one sentence") above it'
        )
    where = defined_at(clause.written)
    if not isinstance(clause.sentence, str) or not clause.sentence.strip():
        raise Misnamed(where, f"the clause {clause.name} has no sentence: a report prints it where the clause breaks")
    _check_given(clause, GIVEN[part], part)
    if _reads_nothing(clause.written):
        raise Misnamed(where, f"the clause {clause.name} says nothing of what it is given: state a formula of it")
    known = _statements(proof.subject)
    for statement in clause.covers:
        if statement not in (known or _all_statements()):
            raise Misnamed(
                where, f"the clause {clause.name} covers {statement}: {_no_statement(proof, statement, known)}"
            )


def _check_given(clause: Clause, given: tuple[str, ...], part: str) -> None:
    """The formula can be called with what a clause of that part is given."""
    try:
        inspect.signature(clause.written).bind(*given)
    except ValueError:  # nothing is known of how it is called
        return
    except TypeError:
        takes = ", ".join(inspect.signature(clause.written).parameters)
        says = f"the clause {clause.name} takes ({takes}), but a clause of {part} is given ({', '.join(given)})"
        raise Misnamed(defined_at(clause.written), says) from None


def _reads_nothing(formula: Callable[..., Any]) -> bool:
    """Whether a function looks at none of its arguments, and at nothing around it: it says the same of everything."""
    if not isinstance(formula, types.FunctionType) or formula.__code__.co_freevars:
        return False
    return not any(step.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE")) for step in _steps(formula))


def _steps(formula: types.FunctionType) -> Iterator[dis.Instruction]:
    return iter(dis.get_instructions(formula.__code__))


def _statements(subject: Any) -> set[str]:
    """The documented statements that a subject's clauses may cover: its own, and those of subjects that it shows."""
    shown = [name for name in registry.SUBJECTS if subject.name in registry.record_of(name).seen_in]
    ids = {one.id for name in (subject.name, *shown) for one in registry.statements_of(name)}
    return ids | set(subject.statements)


def _all_statements() -> set[str]:
    """Those of all subjects: one that documents nothing itself may state what another's documents say."""
    return {one.id for name in registry.SUBJECTS for one in registry.statements_of(name)}


def _no_statement(proof: Proof, statement: str, known: set[str]) -> str:
    if known:
        return f"there is no such statement of {proof.subject.name}; there are {nearest(statement, known)}"
    return f'{proof.subject.name} has no statements: give it some, Subject(..., statements={{"{statement}": "..."}})'


# ---------------------------------------------------------------- places


def _files(proof: Proof) -> list[Path]:
    """The files of a subject that may hold its contract and its proof."""
    name = proof.subject.name
    folders = (Path(next(iter(model.__path__)), name), registry.folder_of(name))
    return [file for folder in folders for file in sorted(folder.rglob("*.py"))]


def _subject_at(proof: Proof) -> str:
    """Where the subject is put together, as file:line."""
    for file in _files(proof):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if "Subject(" in line:
                return f"{file}:{number}"
    return ""


def _where_said(files: Sequence[Path], name: str) -> str:
    """The first line of these files that says a name as a string, as file:line; "" if none does."""
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if f'"{name}"' in line or f"'{name}'" in line:
                return f"{file}:{number}"
    return ""


def _made_at(proof: Proof, operation: Operation) -> str:
    """Where the contract of an operation is written, as file:line."""
    for file in _files(proof):
        for node in ast.walk(ast.parse(file.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Operation"
            said = called and node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value  # type: ignore[attr-defined]
            if said == operation.name:
                return f"{file}:{node.lineno}"  # type: ignore[attr-defined]
    return defined_at(operation.after)


# ---------------------------------------------------------------- what nothing speaks of


def _uncovered(proof: Proof) -> Iterator[str]:
    """Public functions of the heap that no contract names and no function of the program calls."""
    trees = {file: ast.parse(Path(file).read_text()) for file in files_of(proof.module) if Path(file).is_file()}
    used = {node.attr for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    known = used | set(proof.subject.names)
    heap = [kind.__name__ for kind in getattr(proof.module, proof.heap, object).__mro__]
    for file, tree in sorted(trees.items()):
        heaps = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in heap]
        functions = [part for one in heaps for part in one.body if isinstance(part, ast.FunctionDef)]
        bare = [part for part in functions if not part.name.startswith("_") and part.name not in known]
        if bare:
            yield (
                f"{file}:{bare[0].lineno}: nothing is proved of {', '.join(part.name for part in bare)}: no contract "
                "names such a function, and nothing calls it; write Operation(...) in the contract for what callers "
                "may use"
            )
