"""The kind of every expression and every local of a function, found from the kinds of its parameters.

TRUSTED: kinds that differ are never taken for one another: what is joined without a common kind is refused.

Functions are taken in the order of their calls, those that are called first; one that calls itself is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from impl.layout import Field
from proofs.engine.heads import Kind as Head
from proofs.export.constants import UNKNOWN, constant_of, is_number
from proofs.export.declared import declared
from proofs.export.kinds import (
    ARRAY,
    BOOL,
    CONSTANT,
    INT,
    MEMORY,
    NEVER,
    NONE,
    STRING,
    WORD,
    Kind,
    joined,
    record,
    settled,
    several,
    view,
)
from proofs.export.knowing import negative, positive
from proofs.export.program import Function, Parameter, Program
from proofs.export.targets import Target, target_of
from proofs.export.ways import ends

MOST_PASSES = 8
GIVES = {
    **dict.fromkeys(("fill", "copy", "unmap", "log", "write"), NONE),
    **dict.fromkeys(("map", "is_mapped"), BOOL),
    "find_place": WORD,
    "array": ARRAY,
}
"""What the functions of the memory give."""


@dataclass
class Kinds:
    """Finds the kinds in one function after the other; ``order`` are those that were reached, callees first."""

    program: Program
    order: list[Function] = field(default_factory=list)
    under_way: list[Function] = field(default_factory=list)
    handed_on: set[Function] = field(default_factory=set)
    """Functions that are called through a pointer."""

    def reach(self, function: Function, caller: Function | None = None, node: ast.AST | None = None) -> None:
        """Find out about a function and what it calls."""
        if function in self.order:
            return
        if function in self.under_way:
            at = caller or function
            raise at.refusal(
                node or function.node, f"the function {function.name}, which calls itself,", "write a loop"
            )
        self.under_way.append(function)
        self._parameters(function)
        seen: dict[str, Kind] = {}
        for _ in range(MOST_PASSES):
            Reader(self, function).read()
            now = {**function.locals, "return": function.result}
            if now == seen:
                break
            seen = now
        function.locals = {name: settled(kind) for name, kind in function.locals.items()}
        self._result(function)
        self.under_way.pop()
        self.order.append(function)

    def _parameters(self, function: Function) -> None:
        own = function.node.args
        names = [*own.posonlyargs, *own.args]
        defaults = dict(zip(reversed([one.arg for one in names]), reversed(own.defaults), strict=False))
        for number, one in enumerate(names):
            if function.owner and number == 0:
                made = record if self.program.is_record(function.owner) else view
                kind: Kind | None = Kind("class", function.owner) if function.of_class else made(function.owner)
            else:
                kind = declared(self.program, function.owner, one.annotation)
            if kind is None:
                what = f"the parameter {one.arg} of type {ast.unparse(one.annotation) if one.annotation else '(none)'}"
                raise function.refusal(one, what, "declare int, bool, a struct, a record, Memory or a Callable")
            if kind is MEMORY and any(one.kind is MEMORY for one in function.parameters):
                raise function.refusal(one, "a second memory", "there is one memory")
            function.parameters.append(Parameter(one.arg, kind, defaults.get(one.arg)))

    def _result(self, function: Function) -> None:
        """What the function gives, as declared where None is among it."""
        said = declared(self.program, function.owner, function.node.returns)
        found = function.result
        if found is NEVER or not ends(function.node.body):
            both = joined(found, NONE)
            if both is None:
                raise function.refusal(function.node, f"a {found}, or None by falling off the end,", "return it there")
            found = both
        if said is not None and (said.is_ == "optional" or found is CONSTANT) and joined(said, found) == said:
            found = said
        function.result = settled(found)


@dataclass
class Reader:
    """Reads one function once: the kinds of its locals, joined with what is known so far."""

    kinds: Kinds
    function: Function

    @property
    def program(self) -> Program:
        """The program."""
        return self.kinds.program

    def read(self) -> None:
        """Every statement."""
        for node in ast.walk(ast.Module(self.function.node.body, [])):
            if isinstance(node, ast.Assign):
                self._assigned(node.targets[0], node.value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                self._assigned(node.target, node.value)
            elif isinstance(node, ast.AugAssign):
                self._bind(node.target, WORD, node)
            elif isinstance(node, ast.For):
                self._bind(node.target, self._element(node.iter), node)
            elif isinstance(node, ast.Return):
                self._returned(node)
            elif isinstance(node, ast.Call):
                self.target(node)

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        self._bind(target, self.kind(value), value)

    def _bind(self, target: ast.expr, kind: Kind, node: ast.AST) -> None:
        """A target takes a value of that kind, or its parts do."""
        if isinstance(target, ast.Tuple):
            parts = self.parts(kind, len(target.elts), node)
            for one, part in zip(target.elts, parts, strict=True):
                self._bind(one, part, node)
        elif isinstance(target, ast.Name):
            known = self.function.locals.get(target.id, NEVER)
            declared_ = next((one.kind for one in self.function.parameters if one.name == target.id), known)
            found = joined(declared_, kind)
            if found is None or (declared_ is not known and settled(found) != declared_):
                raise self.function.refusal(node, f"{target.id}, which is a {known} and a {kind},", "use two names")
            if declared_ is known:
                self.function.locals[target.id] = found

    def parts(self, kind: Kind, count: int, node: ast.AST) -> tuple[Kind, ...]:
        """The kinds of the parts of a value that is taken apart."""
        if kind is NEVER:
            return (NEVER,) * count
        kind = kind.parts[0] if kind.is_ == "optional" else kind
        if kind.is_ == "record":
            found = tuple(self.part(kind.name, name) for name, _ in self.program.parts(kind.name))
        else:
            found = kind.parts if kind.is_ == "tuple" else ()
        if len(found) != count:
            raise self.function.refusal(node, f"a {kind} taken apart into {count}", "take a tuple or a record apart")
        return found

    def _returned(self, node: ast.Return) -> None:
        kind = NONE if node.value is None else self.kind(node.value)
        found = joined(self.function.result, kind)
        if found is None:
            what = f"a {kind} that is returned where a {self.function.result} is, too,"
            raise self.function.refusal(node, what, "return values of one kind")
        self.function.result = found

    def _element(self, source: ast.expr) -> Kind:
        """The kind of what is walked over."""
        if isinstance(source, ast.Call) and ast.unparse(source.func) == "range":
            return WORD
        if isinstance(source, ast.Tuple) and all(self._is_struct(one) for one in source.elts):
            return Kind("class", "any")
        kind = self.kind(source)
        found: Kind | None = NEVER
        for part in kind.parts if kind.is_ == "tuple" else ():
            found = joined(found, part) if found else None
        if found is None or (kind is not NEVER and kind.is_ != "tuple"):
            raise self.function.refusal(source, f"a walk over {ast.unparse(source)}", "walk over words")
        return found

    def _is_struct(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and self.function.module.names.get(node.id) is Head.STRUCT

    # ------------------------------------------------------------ expressions

    def kind(self, node: ast.expr) -> Kind:
        """The kind of an expression."""
        value = constant_of(self.program, self.function.module, node)
        if value is not UNKNOWN:
            return kind_of_constant(value)
        readers: dict[type, Callable[..., Kind]] = {
            ast.Name: self._name,
            ast.Tuple: lambda node: several(*(self.kind(one) for one in node.elts)),
            ast.Attribute: self._attribute,
            ast.Call: lambda node: self.given_by(self.target(node), node),
            ast.Compare: lambda node: BOOL,
            ast.UnaryOp: lambda node: BOOL if isinstance(node.op, ast.Not) else WORD,
            ast.BoolOp: lambda node: self._common(node, *node.values),
            ast.IfExp: lambda node: self._common(node, node.body, node.orelse),
            ast.Subscript: self._item,
            ast.BinOp: self._computed,
        }
        return readers[type(node)](node) if type(node) in readers else WORD

    def _computed(self, node: ast.BinOp) -> Kind:
        bitwise = isinstance(node.op, ast.BitAnd | ast.BitOr | ast.BitXor)
        return BOOL if bitwise and {self.kind(node.left), self.kind(node.right)} == {BOOL} else WORD

    def _name(self, node: ast.Name) -> Kind:
        own = next((one.kind for one in self.function.parameters if one.name == node.id), None)
        if own is None and node.id not in self.function.locals:
            head = self.function.module.names.get(node.id)
            return Kind("callable", node.id) if head is Head.FUNCTION else NEVER
        return own or self.function.locals[node.id]

    def _common(self, node: ast.AST, *parts: ast.expr) -> Kind:
        found: Kind | None = NEVER
        for part in parts:
            kind = self.kind(part)
            decided = isinstance(node, ast.BoolOp) and part is not parts[-1]
            if kind.is_ == "optional" and (decided or (isinstance(node, ast.IfExp) and is_chosen(node, part))):
                kind = kind.parts[0]  # where None decides, something else is taken
            found = joined(found, kind) if found else None
        if found is None:
            kinds = " and a ".join(str(self.kind(part)) for part in parts)
            raise self.function.refusal(node, f"a value that is a {kinds}", "choose between values of one kind")
        return found

    def _attribute(self, node: ast.Attribute) -> Kind:
        if isinstance(node.value, ast.Name) and self.function.module.names.get(node.value.id) is Head.STRUCT:
            return Kind("field", f"{node.value.id}.{node.attr}")
        kind = self.kind(node.value)
        kind = kind.parts[0] if kind.is_ == "optional" else kind
        if node.attr == "memory":
            return MEMORY
        if kind.is_ == "view":
            if node.attr in ("address", "SIZE"):
                return WORD
            field_ = self.program.field(kind.name, node.attr)
            if field_ is not None:
                return BOOL if field_.kind == "flag" else WORD
        if kind.is_ == "record" and node.attr in dict(self.program.parts(kind.name)):
            return self.part(kind.name, node.attr)
        if kind is NEVER:
            return NEVER
        raise self.function.refusal(node, f"{ast.unparse(node)} of a {kind}", "read fields, parts, address or memory")

    def part(self, name: str, part: str) -> Kind:
        """The kind of a part of a record."""
        found = declared(self.program, name, dict(self.program.parts(name))[part])
        if found is None:
            raise self.function.refusal(
                self.program.classes[name], f"the part {part} of {name}", "declare int, bool, a record or a Callable"
            )
        return found

    def _item(self, node: ast.Subscript) -> Kind:
        kind = self.kind(node.value)
        if kind.is_ == "array":
            return WORD
        index = constant_of(self.program, self.function.module, node.slice)
        if kind.is_ == "tuple" and is_number(index) and -len(kind.parts) <= index < len(kind.parts):
            found: Kind = kind.parts[index]
            return found
        if kind is NEVER:
            return NEVER
        raise self.function.refusal(node, f"{ast.unparse(node)} of a {kind}", "index a tuple with a constant")

    # ------------------------------------------------------------ calls

    def target(self, call: ast.Call) -> Target:
        """What a call calls; if that is a function, it is reached first."""
        kind = None
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) != "super()":
            named = isinstance(call.func.value, ast.Name) and self.function.module.names.get(call.func.value.id)
            kind = None if named in (Head.STRUCT, Head.RECORD) else self.kind(call.func.value)
            if kind is NEVER:
                return Target("unknown")
        found = target_of(self.program, self.function, call, kind)
        if found.function is not None and found.function not in self.kinds.order:
            self.kinds.reach(found.function, self.function, call)
            found = target_of(self.program, self.function, call, kind)
        for one in found.nodes if found.what != "ghost" else ():
            self._reach_callable(one)
        for argument in found.arguments:
            self._reach_callable(argument.node, argument.parameter.kind, found.function)
        return found

    def _reach_callable(self, node: ast.expr, wanted: Kind | None = None, callee: Function | None = None) -> None:
        """A function, or a record that can be called, that is handed on."""
        if isinstance(node, ast.Name):
            for function in filter(None, (self.function, callee)):
                if function.module.names.get(node.id) is Head.FUNCTION and node.id not in self.function.locals:
                    found = self.program.function(self.program.value(function.module, node.id))
                    if found is not None:
                        self.kinds.handed_on.add(found)
                        self.kinds.reach(found, self.function, node)
        if wanted is not None and wanted.is_ == "callable" and self.kind(node).is_ == "record":
            found = self.program.method(self.kind(node).name, "__call__")
            if found is not None:
                self.kinds.handed_on.add(found)
                self.kinds.reach(found, self.function, node)

    def given_by(self, target: Target, call: ast.Call) -> Kind:
        """The kind of what a call gives."""
        found: Kind | None = None
        if target.function is not None:
            found = target.function.result
        elif target.what in ("view", "record"):
            found = Kind(target.what, target.name)
        elif target.what == "memory":
            found = self._of_field(target, call) if target.name in ("peek", "read") else GIVES[target.name]
        elif target.what == "callable" and target.receiver is not None:
            kind = self.kind(target.receiver)
            found = kind.parts[-1] if kind.is_ == "callable" and kind.parts else NEVER if kind is NEVER else None
        elif target.what in ("language", "unknown"):
            found = NEVER if target.what == "unknown" else NONE if target.name == "check_word" else WORD
        if found is None:
            raise self.function.refusal(call, f"the value of {ast.unparse(call)}", "call it for what it does")
        return found

    def _of_field(self, target: Target, call: ast.Call) -> Kind:
        found = self.field(target.nodes[0])
        if found is None:
            raise self.function.refusal(call, f"`{ast.unparse(call)}`", "name the field: Struct.field")
        return BOOL if found.kind == "flag" else WORD

    def field(self, node: ast.expr) -> Field[Any] | None:
        """The field that ``Struct.field`` names, or None."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and self._is_struct(node.value):
            return self.program.field(node.value.id, node.attr)
        return None


def is_chosen(node: ast.IfExp, part: ast.expr) -> bool:
    """Whether a choice takes a name only where that is not None."""
    known = positive(node.test) if part is node.body else negative(node.test)
    return isinstance(part, ast.Name) and f"?{part.id}" in known


def kind_of_constant(value: object) -> Kind:
    """The kind of a constant."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return CONSTANT if value >= 0 else INT
    if isinstance(value, tuple):
        return several(*(kind_of_constant(part) for part in value))
    return NONE if value is None else STRING
