"""Expressions of the language, written as expressions of C.

TRUSTED: an expression of C has the value that Python's has, wherever the prover has shown that no result of an
operator leaves the machine words, no division is by 0 unseen, and no shift is by a word's width or more.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from impl.layout import Field
from impl.words import WORD_BITS
from proofs.engine.heads import Kind as Head
from proofs.engine.modules import Module
from proofs.export import values
from proofs.export.constants import UNKNOWN, constant_of, is_number
from proofs.export.facts import ZERO, Facts
from proofs.export.inference import Reader, kind_of_constant
from proofs.export.kinds import ARRAY, BOOL, INT, NEVER, NONE, WORD, WORD_END, WORD_TYPE, Kind, settled
from proofs.export.names import snake
from proofs.export.program import Function, Untranslatable
from proofs.export.values import PRIMARY, Value, computed, doing, literal
from proofs.export.writing import Sheet

OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "/",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
NULL = "NULL"
"""The constant that C has a word of its own for, of another type: 0 is written."""


@dataclass
class Expressions:
    """Writes the expressions of one function; what they need before them goes to the sheet."""

    facts: Facts
    function: Function
    sheet: Sheet
    reader: Reader
    fail: Callable[[str, ast.AST], None]
    """Writes the statements that end in an error, whose status is an expression."""

    def refuse(self, node: ast.AST, construct: str, instead: str) -> Untranslatable:
        """There is no translation."""
        return self.function.refusal(node, construct, instead)

    def value(self, node: ast.expr) -> Value:
        """Any expression."""
        constant = constant_of(self.reader.program, self.function.module, node)
        if constant is not UNKNOWN:
            return self.constant(node, constant, self.function.module)
        writers: dict[type, Callable[..., Value]] = {
            ast.Name: self._name,
            ast.Tuple: self._tuple,
            ast.Attribute: self._attribute,
            ast.Call: self.call,
            ast.Compare: self.deciding,
            ast.BoolOp: self.deciding,
            ast.IfExp: self.deciding,
            ast.Subscript: self._item,
            ast.BinOp: self._operation,
            ast.UnaryOp: self._unary,
        }
        if type(node) not in writers:
            raise self.refuse(node, ast.unparse(node), "compute it of words, fields and calls")
        return writers[type(node)](node)

    def call(self, node: ast.Call) -> Value:
        """A call (calls.py)."""
        raise NotImplementedError

    def negated(self, node: ast.expr) -> Value:
        """``not`` (decisions.py)."""
        raise NotImplementedError

    def deciding(self, node: ast.expr) -> Value:
        """An expression that takes one way or another (decisions.py)."""
        raise NotImplementedError

    def kind(self, node: ast.expr) -> Kind:
        """The kind of an expression."""
        return self.reader.kind(node)

    def word(self, node: ast.expr) -> Value:
        """An expression that is a word."""
        return self.as_word(self.value(node), node)

    def as_word(self, value: Value, node: ast.AST) -> Value:
        """The value, if it is a word."""
        if value.kind.is_ == "optional" and settled(value.kind.parts[0]) is WORD:
            return replace(value, text=f"{value.within(PRIMARY)}.value", binds=PRIMARY, kind=WORD)
        if value.kind.is_ not in ("word", "constant"):
            raise self.refuse(node, f"a {value.kind} where a word is needed", "compute with words")
        return value

    # ------------------------------------------------------------ constants and names

    def constant(self, node: ast.expr, constant: object, module: Module) -> Value:
        """A constant, under its name if it has one."""
        if isinstance(constant, tuple):
            items = tuple(self.constant(ast.Constant(one), one, module) for one in constant)
            return Value("", PRIMARY, kind_of_constant(constant), items=items, whole=True)
        if isinstance(constant, bool):
            return values.truth_of(constant)
        if constant is None:
            return Value("", PRIMARY, NONE, whole=True)
        if not isinstance(constant, int):
            raise self.refuse(node, "a string as a value", "there are strings in errors and in log lines")
        if constant >= WORD_END:
            raise self.refuse(node, f"{ast.unparse(node)}, which is no machine word,", "stay within machine words")
        if constant < 0:
            return self._below_zero(node, constant, module)
        return self._named(node, constant, module) or literal(constant)

    def _below_zero(self, node: ast.expr, constant: int, module: Module) -> Value:
        """A constant below 0, by the name of what it is the negative of."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name):
            above = self._named(node.operand, -constant, module)
            return values.signed(constant, f"-(int){above.text}" if above else "")
        return values.signed(constant)

    def _named(self, node: ast.expr, constant: int, module: Module) -> Value | None:
        """A constant by its names: a name alone, or an operator of names whose parts are words, too."""
        if isinstance(node, ast.Name):
            if node.id == NULL:
                return literal(constant)
            return values.macro(self.sheet.names.constant(node.id, constant), constant)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            self.sheet.names.struct(node.value.id)
            size = f"SIZEOF_{snake(self.reader.program.struct(node.value.id).__name__)}"
            return values.macro(self.sheet.names.constant(size, constant), constant)
        if not isinstance(node, ast.BinOp) or type(node.op) not in OPERATORS:
            return None
        parts = [self._part(one, module) for one in (node.left, node.right)]
        if None in parts or all(one.bits == 0 for one in parts if one):
            return None
        left, right = parts
        assert left is not None and right is not None
        return replace(computed(left, OPERATORS[type(node.op)], right), number=constant)

    def _part(self, node: ast.expr, module: Module) -> Value | None:
        """A part of a constant, if it is a word."""
        constant = constant_of(self.reader.program, module, node)
        if not is_number(constant) or not 0 <= constant < WORD_END:
            return None
        return self._named(node, constant, module) or literal(constant)

    def _name(self, node: ast.Name) -> Value:
        kind = self.kind(node)
        if kind is NONE:
            return Value("", PRIMARY, NONE, whole=True)
        if kind is NEVER or (kind.is_ == "callable" and not kind.parts):
            raise self.refuse(node, f"{node.id} as a value", "use it where its kind is declared")
        items = tuple(values.name(f"{self.local(node.id)}_{n}", settled(k)) for n, k in enumerate(kind.parts))
        if kind.is_ == "tuple":
            return Value("", PRIMARY, kind, items=items, whole=True)
        return values.name(self.local(node.id), kind)

    def local(self, name: str) -> str:
        """The name of a local in C."""
        raise NotImplementedError

    def _tuple(self, node: ast.Tuple) -> Value:
        items = self.sheet.ordered([partial(self.value, one) for one in node.elts])
        return Value("", PRIMARY, self.kind(node), items=tuple(items), **doing(*items))

    def _attribute(self, node: ast.Attribute) -> Value:
        if isinstance(node.value, ast.Name) and self.function.module.names.get(node.value.id) is Head.STRUCT:
            raise self.refuse(node, f"the field {ast.unparse(node)} as a value", "hand it to peek or array")
        whole = self.value(node.value)
        if whole.kind.is_ == "optional":
            whole = replace(whole, text=f"{whole.within(PRIMARY)}.value", binds=PRIMARY, kind=whole.kind.parts[0])
        if whole.kind.is_ == "record":
            kind = self.reader.part(whole.kind.name, node.attr)
            return replace(whole, text=f"{whole.within(PRIMARY)}.{node.attr}", binds=PRIMARY, kind=kind, whole=False)
        if node.attr == "address":
            return self.address(whole)
        if node.attr == "SIZE":
            return literal(self.reader.program.struct(whole.kind.name).SIZE)
        field = self.reader.program.field(whole.kind.name, node.attr) if whole.kind.is_ == "view" else None
        if field is None:
            raise self.refuse(node, f"{ast.unparse(node)} as a value", "read a field, a part or the address")
        return self.load(whole, field)

    def address(self, view: Value) -> Value:
        """The address of a view."""
        if view.address is not None:
            return view.address
        helper = self.sheet.names.helper("address")
        return replace(view, text=f"{helper}({view.text})", binds=PRIMARY, kind=WORD, whole=False, address=None)

    def load(self, view: Value, field: Field[int]) -> Value:
        """The load of a field."""
        text = f"{view.within(PRIMARY)}->{field.name}"
        return self.of_memory(Value(text, PRIMARY, WORD, 8 * field.width, looks=True, acts=view.acts), field)

    def of_memory(self, raw: Value, field: Field[int]) -> Value:
        """What a field's bytes mean: of a flag, any but 0 is true."""
        if field.kind != "flag":
            return raw
        return replace(values.compared(raw, "!=", literal(0)), looks=raw.looks, acts=raw.acts)

    # ------------------------------------------------------------ operators

    def _operation(self, node: ast.BinOp) -> Value:
        left, right = self.sheet.ordered([lambda: self.value(node.left), lambda: self.value(node.right)])
        return self.operate(node, node.op, left, right)

    def operate(self, node: ast.AST, operator: ast.operator, left: Value, right: Value) -> Value:
        """An operator of two values that are evaluated in order."""
        if left.kind is BOOL and right.kind is BOOL and isinstance(operator, ast.BitAnd | ast.BitOr | ast.BitXor):
            return self._of_truths(operator, left, right)
        if isinstance(operator, ast.Mult) and BOOL in (left.kind, right.kind):
            left, right = (self._counted(one) for one in (left, right))
        if isinstance(operator, ast.BitAnd):
            left, right = (self._mask(one) for one in (left, right))
        left, right = self.as_word(left, node), self.as_word(right, node)
        if isinstance(operator, ast.LShift | ast.RShift) and (right.number or 0) >= WORD_BITS:
            raise self.refuse(node, f"a shift by {right.number}", f"shift by less than {WORD_BITS}")
        if isinstance(operator, ast.FloorDiv | ast.Mod) and id(node) in self.facts.divisors.unsafe:
            divisor = replace(right, whole=right.number is None and right.whole)  # a 0 that is written does not compile
            left, right = self.sheet.ordered([partial(self.sheet.simple, left), partial(self.sheet.simple, divisor)])
            with self.sheet.block(f"if ({right.text} == 0)"):
                self.fail(self.sheet.names.status(ZERO), node)
        return computed(left, OPERATORS[type(operator)], right)

    def _of_truths(self, operator: ast.operator, left: Value, right: Value) -> Value:
        """Both are evaluated; what does nothing may just as well be left out."""
        if isinstance(operator, ast.BitXor):
            return values.compared(left, "!=", right)
        right = self.sheet.simple(right) if right.acts else right
        return values.both(left, right) if isinstance(operator, ast.BitAnd) else values.either(left, right)

    def _counted(self, value: Value) -> Value:
        """A truth that is multiplied."""
        if value.kind is not BOOL:
            return value
        return replace(
            value, text=f"({WORD_TYPE}){value.within(values.UNARY)}", binds=values.UNARY, kind=WORD, bits=WORD_BITS
        )

    def _mask(self, value: Value) -> Value:
        """A constant below 0 has all the high bits that a word can have."""
        whole = value.kind is INT and value.number is not None
        return literal(values.masked(value.number or 0)) if whole else value

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.negated(node.operand)
        raise self.refuse(node, f"{ast.unparse(node)} of what is no constant", "subtract from a word, or use ^")

    def _item(self, node: ast.Subscript) -> Value:
        whole, index = self.sheet.ordered([lambda: self.value(node.value), lambda: self.word(node.slice)])
        if whole.kind is ARRAY:
            text = f"{whole.within(PRIMARY)}[{index.text}]"
            return Value(text, PRIMARY, WORD, 8, looks=True, acts=whole.acts or index.acts)
        number = constant_of(self.reader.program, self.function.module, node.slice)
        if whole.kind.is_ == "tuple" and is_number(number):
            found: Value = whole.items[number]
            return found
        raise self.refuse(node, f"`{ast.unparse(node)}`", "index a tuple with a constant, or an array of memory")
