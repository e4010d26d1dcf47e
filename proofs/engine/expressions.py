"""The expressions of programs under proof: which Python an expression may be (language.py has the statements).

TRUSTED: what is allowed here is what the rewriter and the prover's values give Python's own meaning.  All else is
refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from proofs.engine.heads import Kind
from proofs.engine.modules import BUILTINS, Module
from proofs.engine.refusal import Refusal, of_node

OPERATORS = (
    *(ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift),
    *(ast.USub, ast.Invert, ast.Not, ast.And, ast.Or),
)
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
OF_MEMORY = (
    *("read", "write", "peek", "array", "fill", "copy", "claim", "release", "claim_array", "release_array"),
    *("release_range", "map", "find_place", "unmap", "is_mapped", "log"),
)
"""What a program may call of its memory (impl/memory.py)."""
FORMAT = re.compile(r"#?0?[0-9]?[0-9]?[bdoxX]?")
"""How a message may write a number: what CPython does with every number, and with no number never."""
OF_DICTIONARY = ("get", "pop", "clear")
OF_RAM = ("size", "check")
ALWAYS = frozenset({"memory", "address", "SIZE", "release", "bit_length", *OF_MEMORY, *OF_DICTIONARY, *OF_RAM})
"""Attributes that a program may name whatever its classes declare."""


EXPRESSIONS: Mapping[type, str] = {
    ast.Constant: "_constant",
    ast.Attribute: "_attribute",
    ast.Call: "_call",
    ast.Compare: "_compare",
    ast.BinOp: "_operation",
    ast.UnaryOp: "_operation",
    ast.BoolOp: "_operation",
    ast.IfExp: "_choice",
    ast.Subscript: "_subscript",
}
"""The kinds of expressions that may stand anywhere, and what checks each."""


@dataclass(frozen=True)
class State:
    """What a subject keeps outside memory: ``words`` may be assigned, ``dictionaries`` indexed and assigned to by
    key; and the attributes that are ``offered`` by what stands in for parts of the machine."""

    words: frozenset[str] = frozenset()
    dictionaries: frozenset[str] = frozenset()
    offered: frozenset[str] = frozenset()


@dataclass
class Scope:
    """Where in a function a construct stands."""

    names: frozenset[str]
    protected: bool = False
    """Inside a ``try`` that has a ``finally``, within the innermost loop."""
    final: bool = False
    looping: bool = False
    handling: bool = False


@dataclass
class Expressions:
    """Checks the expressions of one module; what they may name, and what was refused so far."""

    module: Module
    attributes: Collection[str]
    fields: Collection[str]
    state: State
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, node: ast.AST, construct: str = "", instead: str = "") -> None:
        """Note one construct that the language does not have."""
        self.refusals.append(of_node(self.module.file, node, construct, instead))

    def _is(self, node: ast.expr, *kinds: Kind) -> bool:
        """Whether a node is a name at the head of the module of one of these kinds."""
        return isinstance(node, ast.Name) and self.module.names.get(node.id) in kinds

    # ------------------------------------------------------------ expressions

    def expression(
        self, node: ast.expr, scope: Scope, tuples: bool = False, message: bool = False, classes: bool = False
    ) -> None:
        """One expression, if there is such a kind; tuples, messages and structs as values only where they are told."""
        if isinstance(node, ast.Name):
            self._name(node, scope, classes)
        elif isinstance(node, ast.Tuple):
            self._tuple(node, scope, tuples, classes)
        elif isinstance(node, ast.JoinedStr) and message:
            self._message(node, scope)
        else:
            self._plain(node, scope)

    def _plain(self, node: ast.expr, scope: Scope) -> None:
        """An expression that may stand anywhere."""
        if type(node) in EXPRESSIONS:
            getattr(self, EXPRESSIONS[type(node)])(node, scope)
        else:
            self.refuse(node)

    def _tuple(self, node: ast.Tuple, scope: Scope, tuples: bool, classes: bool) -> None:
        if not tuples:
            self.refuse(node, "a tuple", "tuples are returned, taken apart, and walked over")
        for part in node.elts:
            self.expression(part, scope, classes=classes)

    def _choice(self, node: ast.IfExp, scope: Scope) -> None:
        for part in (node.test, node.body, node.orelse):
            self.expression(part, scope)

    def _constant(self, node: ast.Constant, scope: Scope) -> None:
        if not (node.value is None or isinstance(node.value, int | str)):
            self.refuse(node, f"the constant {node.value!r}", "there are integers, True, False and None")

    def _name(self, node: ast.Name, scope: Scope, classes: bool) -> None:
        if node.id in scope.names or self._is(node, Kind.CONSTANT) or (classes and self._is(node, Kind.STRUCT)):
            return
        kind = self.module.names.get(node.id)
        what = f"{node.id}, which is {kind.value}, as a value" if kind else f"the name {node.id}"
        self.refuse(node, what, "use it where such names belong" if kind else "bind it, or import it")

    def _attribute(self, node: ast.Attribute, scope: Scope) -> None:
        if node.attr.startswith("__") or (node.attr not in self.attributes and node.attr not in ALWAYS):
            self.refuse(node, f"the attribute {node.attr}", "no struct, record or memory of the program has it")
        if not self._is(node.value, Kind.STRUCT, Kind.HOLDER):
            self.expression(node.value, scope)

    def _operation(self, node: ast.BinOp | ast.UnaryOp | ast.BoolOp, scope: Scope) -> None:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            if not (isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant)):
                self._operator(node, node.op)
            return
        self._operator(node, node.op)
        for operand in ast.iter_child_nodes(node):
            if isinstance(operand, ast.expr):
                self.expression(operand, scope)

    def _operator(self, node: ast.AST, operator: ast.AST) -> None:
        if not isinstance(operator, OPERATORS):
            refusal = of_node(self.module.file, operator)
            self.refuse(node, refusal.construct, refusal.instead)

    def _compare(self, node: ast.Compare, scope: Scope) -> None:
        for operator, right in zip(node.ops, node.comparators, strict=True):
            with_none = isinstance(right, ast.Constant) and right.value is None
            if not isinstance(operator, COMPARISONS) and not (isinstance(operator, ast.Is | ast.IsNot) and with_none):
                self._operator(node, operator)
        for operand in (node.left, *node.comparators):
            self.expression(operand, scope)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> None:
        if not isinstance(node.value, ast.Name | ast.Attribute):
            self.refuse(node, f"{ast.unparse(node)}", "name what is indexed")
        self.expression(node.value, scope)
        self.expression(node.slice, scope)

    def _message(self, node: ast.JoinedStr, scope: Scope) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.expression(part.value, scope)
                written = "" if part.format_spec is None else ast.unparse(part.format_spec)[2:-1]
                if not FORMAT.fullmatch(written):
                    self.refuse(node, f"the format {written}", "write {x} or {x:#x}: CPython refuses some others")

    # ------------------------------------------------------------ calls

    def _call(self, node: ast.Call, scope: Scope) -> None:
        function = node.func
        if isinstance(function, ast.Attribute):
            self._method(function, scope)
        elif isinstance(function, ast.Name):
            self._called_name(node, function, scope)
        else:
            self.refuse(node, f"a call of {ast.unparse(function)}", "call a function by its name")
        self._arguments(node, scope)

    def _method(self, function: ast.Attribute, scope: Scope) -> None:
        """``x.name(...)``; ``super().name(...)`` of a class method."""
        if ast.unparse(function.value) == "super()" and "super" not in self.module.names:
            if function.attr != "claim":
                self.refuse(function, f"{ast.unparse(function)}", "name the struct whose function is meant")
            return
        self._attribute(function, scope)

    def _called_name(self, node: ast.Call, function: ast.Name, scope: Scope) -> None:
        name = function.id
        if name in scope.names:
            return
        if self._is(function, Kind.FUNCTION, Kind.STRUCT, Kind.RECORD, Kind.PRIMITIVE):
            return
        if name in BUILTINS and name not in self.module.names and name != "range":
            if name in ("min", "max") and len(node.args) < 2:
                self.refuse(node, f"{name} of one argument", "give it the numbers to compare")
            return
        self.refuse(node, f"a call of {name}", "call functions of the program, of its memory, min, max and len")

    def _arguments(self, node: ast.Call, scope: Scope) -> None:
        for argument in node.args:
            self.expression(argument, scope, classes=True)
        for keyword in node.keywords:
            if keyword.arg is None or (isinstance(node.func, ast.Name) and node.func.id in BUILTINS):
                self.refuse(node, "an argument with ** or key", "name every argument")
            elif isinstance(node.func, ast.Attribute) and node.func.attr in ALWAYS:
                self.refuse(node, f"the keyword {keyword.arg} of {node.func.attr}", "write the argument in its place")
            self.expression(keyword.value, scope, classes=True)
