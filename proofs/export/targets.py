"""What a call calls: a function of the program, a struct or record that is made, the memory, the language itself.

TRUSTED: the function that a call means is the one that CPython calls: a method that a derived struct has, too, is
refused where a view might be of either.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from proofs.engine.expressions import OF_MEMORY
from proofs.engine.heads import Kind as Head
from proofs.engine.modules import is_annotation
from proofs.export.kinds import Kind
from proofs.export.program import Function, Parameter, Program

GHOSTS = ("claim", "release", "claim_array", "release_array", "release_range")
"""Of what a program asks of its memory, what is not there when it runs."""
HOOKS = ("map", "find_place", "unmap", "is_mapped", "log")
"""Of what a program asks of its memory, what the user of the C provides."""


@dataclass(frozen=True)
class Argument:
    """One argument: the parameter that it is for, and what is written; a default is not ``given``."""

    parameter: Parameter
    node: ast.expr
    given: bool = True


@dataclass(frozen=True)
class Target:
    """What a call calls: ``what`` is one of

    function (with ``function``, ``receiver`` and ``arguments`` in the order in which they are written),
    view (of ``name`` at the only node), record (``name`` of the nodes in order), memory (``name`` of the nodes),
    language (``name`` of the nodes), callable (``receiver`` of the nodes), ghost (of the nodes).
    """

    what: str
    name: str = ""
    nodes: tuple[ast.expr, ...] = ()
    function: Function | None = None
    receiver: ast.expr | None = None
    arguments: tuple[Argument, ...] = ()


def target_of(program: Program, function: Function, call: ast.Call, kind: Kind | None) -> Target:
    """What a call in a function calls; ``kind`` is that of the object of a method."""
    called = call.func
    if is_annotation(call):
        return Target("ghost", nodes=tuple(call.args[1:]))
    if isinstance(called, ast.Name):
        if called.id in function.locals or any(one.name == called.id for one in function.parameters):
            return _of_local(program, function, call, called)
        return _by_name(program, function, call, called.id)
    assert isinstance(called, ast.Attribute)
    if kind is None:
        beyond = function.declared_in if ast.unparse(called.value) == "super()" else ""
        owner = function.owner if beyond else ast.unparse(called.value)
        return _of_class(program, function, call, owner, called.attr, beyond)
    if kind.is_ == "class":
        found = program.method(kind.name, called.attr)
        if found is not None and (derived := program.overridden(found)):
            raise function.refusal(call, f"{called.attr}, which {derived} has, too,", "name the struct that is meant")
        return _of_class(program, function, call, kind.name, called.attr)
    return _of_object(program, function, call, called, kind)


def _of_object(program: Program, function: Function, call: ast.Call, called: ast.Attribute, kind: Kind) -> Target:
    """``x.name(...)``."""
    if kind.is_ == "memory":
        return _of_memory(function, call, called.attr)
    if kind.is_ == "view" and called.attr == "release" and not call.args:
        return Target("ghost", nodes=(called.value,))
    if called.attr == "bit_length":
        return Target("language", "bit_length", (called.value,))
    if kind.is_ == "record" and called.attr in dict(program.parts(kind.name)):
        return Target("callable", nodes=tuple(call.args), receiver=called)
    found = program.method(kind.name, called.attr) if kind.is_ in ("view", "record") else None
    if found is None:
        raise function.refusal(call, f"a call of {ast.unparse(called)}", "call a function of the program")
    return _bound(program, found, call, called.value, function)


def _of_local(program: Program, function: Function, call: ast.Call, called: ast.Name) -> Target:
    """``x(...)`` of a local: a class that is made, a record that can be called, what was handed on."""
    if function.of_class and called.id == function.node.args.args[0].arg:
        return Target("view", function.owner, (call.args[1],))
    own = (one.kind for one in function.parameters if one.name == called.id)
    kind = next(own, function.locals.get(called.id))
    found = program.method(kind.name, "__call__") if kind is not None and kind.is_ == "record" else None
    if found is not None:
        return _bound(program, found, call, called, function)
    return Target("callable", nodes=tuple(call.args), receiver=called)


def _by_name(program: Program, function: Function, call: ast.Call, name: str) -> Target:
    """A call of what a name at the head of the module stands for."""
    head = function.module.names.get(name)
    if head is Head.STRUCT:
        return Target("view", name, (call.args[1],))
    if head is Head.RECORD:
        return Target("record", name, _in_order(function, call, [part for part, _ in program.parts(name)]))
    found = program.function(program.value(function.module, name)) if head is Head.FUNCTION else None
    if found is not None:
        return _bound(program, found, call, None, function)
    return Target("language", name, tuple(call.args))


def _in_order(function: Function, call: ast.Call, names: list[str]) -> tuple[ast.expr, ...]:
    """The parts of a record that is made, in the order of the record."""
    said = {keyword.arg: keyword.value for keyword in call.keywords}
    later = names[len(call.args) :]
    if set(said) != set(later):
        raise function.refusal(call, f"`{ast.unparse(call)}`", f"give it the parts {', '.join(names)}")
    return (*call.args, *(said[name] for name in later))


def _of_class(program: Program, function: Function, call: ast.Call, owner: str, name: str, beyond: str = "") -> Target:
    """``Struct.claim(memory, address)``, ``cls.make(...)``, ``super().claim(...)``."""
    found = program.method(owner, name, beyond) if owner in program.runtime else None
    if found is not None:
        receiver = None if found.of_class else call.args[0]
        return _bound(program, found, call, receiver, function, skip=0 if found.of_class else 1)
    if name == "claim" and program.is_struct(owner):
        return Target("view", owner, (call.args[1],))
    raise function.refusal(call, f"a call of {ast.unparse(call.func)}", "call a function of the program")


def _of_memory(function: Function, call: ast.Call, name: str) -> Target:
    if name not in OF_MEMORY:
        raise function.refusal(call, f"{name} of the memory", f"there are {', '.join(OF_MEMORY)}")
    return Target("ghost" if name in GHOSTS else "memory", name, tuple(call.args))


def _bound(
    program: Program, found: Function, call: ast.Call, receiver: ast.expr | None, function: Function, skip: int = 0
) -> Target:
    """A call of a function of the program, its arguments with the parameters that they are for."""
    if found.owner and not found.of_class and (derived := program.overridden(found)):
        raise function.refusal(call, f"{found.name}, which {derived} has, too,", "give one of them another name")
    own = found.node.args
    names = [one.arg for one in (*own.posonlyargs, *own.args)][1 if found.owner else 0 :]
    parameters = {one.name: one for one in found.parameters}
    defaults = dict(zip(reversed(names), reversed(own.defaults), strict=False))
    written = [*zip(names, call.args[skip:], strict=False), *((k.arg or "", k.value) for k in call.keywords)]
    arguments = [Argument(parameters.get(name) or Parameter(name, Kind("never"), None), node) for name, node in written]
    said = {name for name, _ in written}
    missing = [name for name in names if name not in said]
    if len(written) + len(missing) != len(names) or any(name not in defaults for name in missing):
        raise function.refusal(call, f"`{ast.unparse(call)}`", f"{found.name} takes {', '.join(names) or 'nothing'}")
    arguments += [Argument(parameters.get(n) or Parameter(n, Kind("never"), None), defaults[n], False) for n in missing]
    return Target("function", found.name, (), found, receiver, tuple(arguments))
