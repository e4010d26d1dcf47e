"""Expressions of the language, written as expressions of C.

TRUSTED: an expression of C has the value that Python's has, wherever the prover has shown that no result of an
operator leaves the machine words, no division is by 0 unseen, and no shift is by 64 or more.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

from impl.layout import Field
from proofs.engine.heads import Kind as Head
from proofs.engine.modules import Module
from proofs.export import values
from proofs.export.constants import UNKNOWN, constant_of, is_number
from proofs.export.facts import ZERO, Facts
from proofs.export.inference import Reader, kind_of_constant
from proofs.export.kinds import ARRAY, BOOL, CONSTANT, INT, NEVER, NONE, WORD, WORD_END, Kind, joined, settled
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
COMPARISONS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
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
            ast.Compare: self._compare,
            ast.BoolOp: self._decided,
            ast.IfExp: self._choice,
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
            named = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name)
            above = self._named(node.operand, -constant, module) if named else None  # type: ignore[attr-defined]
            return values.signed(constant, f"-(int){above.text}" if above else "")
        return self._named(node, constant, module) or literal(constant)

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
        items = self.sheet.ordered([lambda one=one: self.value(one) for one in node.elts])  # type: ignore[misc]
        return Value("", PRIMARY, self.kind(node), items=tuple(items), **doing(*items))

    def _attribute(self, node: ast.Attribute) -> Value:
        if isinstance(node.value, ast.Name) and self.function.module.names.get(node.value.id) is Head.STRUCT:
            raise self.refuse(node, f"the field {ast.unparse(node)} as a value", "hand it to peek or array")
        whole = self.value(node.value)
        if whole.kind.is_ == "record":
            kind = self.reader.part(whole.kind.name, node.attr)
            return replace(whole, text=f"{whole.within(PRIMARY)}.{node.attr}", binds=PRIMARY, kind=kind, whole=False)
        if node.attr == "address":
            return self.address(whole)
        if node.attr == "SIZE":
            return literal(self.reader.program.struct(whole.kind.name).SIZE)
        field = self.reader.program.field(whole.kind.name, node.attr)
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
        if isinstance(operator, ast.LShift | ast.RShift) and (right.number or 0) >= 64:
            raise self.refuse(node, f"a shift by {right.number}", "shift by less than 64")
        if isinstance(operator, ast.FloorDiv | ast.Mod) and id(node) in self.facts.divisors.unsafe:
            left, right = self.sheet.ordered([lambda: self.sheet.simple(left), lambda: self.sheet.simple(right)])
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
        return replace(value, text=f"(uint64_t){value.within(values.UNARY)}", binds=values.UNARY, kind=WORD, bits=64)

    def _mask(self, value: Value) -> Value:
        """A constant below 0 has all the high bits that a word can have."""
        whole = value.kind is INT and value.number is not None
        return literal(values.masked(value.number or 0)) if whole else value

    def _unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.negated(node.operand)
        raise self.refuse(node, f"{ast.unparse(node)} of what is no constant", "subtract from a word, or use ^")

    def negated(self, node: ast.expr) -> Value:
        """``not``; of a word, whether it is 0; of one comparison, its opposite."""
        if self.kind(node) is not BOOL or isinstance(node, ast.BoolOp):
            value = self.truth(node)
            if value.text.endswith(" != 0") and value.binds == values.EQUAL and " == " not in value.text:
                return replace(value, text=f"{value.text[: -len(' != 0')]} == 0")
            return values.negated(value)
        return values.negated(self.truth(node))

    # ------------------------------------------------------------ decisions

    def truth(self, node: ast.expr) -> Value:
        """An expression that is taken for a condition."""
        if isinstance(node, ast.BoolOp):
            return self._all_or_any(node, [lambda one=one: self.truth(one) for one in node.values])  # type: ignore[misc]
        return self.as_truth(self.value(node), node)

    def as_truth(self, value: Value, node: ast.AST) -> Value:
        """Whether Python takes the value for true."""
        if value.kind is BOOL:
            return value
        if value.kind.is_ in ("word", "constant", "int"):
            if value.number is not None:
                return values.truth_of(bool(value.number))
            return values.compared(value, "!=", literal(0))
        if value.kind.is_ == "optional":
            value = self.sheet.simple(value)
            present = Value(f"{value.text}.present", PRIMARY, BOOL, **doing(value))
            inner = replace(value, text=f"{value.text}.value", kind=value.kind.parts[0])
            always = value.kind.parts[0].is_ == "record"  # a record with parts is true
            return present if always else values.both(present, self.as_truth(inner, node))
        if value.kind is NONE:
            return values.truth_of(False)
        raise self.refuse(node, f"a {value.kind} as a condition", "compare it with something")

    def _all_or_any(self, node: ast.BoolOp, lower: list[Callable[[], Value]]) -> Value:
        """``and`` and ``or`` of conditions: the next is evaluated only if it matters."""
        found = lower[0]()
        is_and = isinstance(node.op, ast.And)
        for one in lower[1:]:
            lines, right = self.sheet.captured(one, deeper=1)
            if not lines:
                found = values.both(found, right) if is_and else values.either(found, right)
                continue
            held = self.sheet.declared(BOOL, "holds", found)
            with self.sheet.block(f"if ({'' if is_and else '!'}{held.text})"):
                self.sheet.lines += lines
                self.sheet.write(f"{held.text} = {right.text};")
            found = held
        return found

    def _decided(self, node: ast.BoolOp) -> Value:
        """``and`` and ``or`` whose value is one of their operands."""
        kinds = {settled(self.kind(one)) for one in node.values}
        if kinds == {BOOL}:
            return self.truth(node)
        first, *rest = node.values
        found = self.value(first)
        for one in rest:
            found = self._one_of(node, found, one)
        return found

    def _one_of(self, node: ast.BoolOp, left: Value, right: ast.expr) -> Value:
        """The left operand if that decides, else the right one."""
        left = self.sheet.simple(left)
        test = self.as_truth(left, node)
        if left.kind.is_ == "optional":
            if isinstance(node.op, ast.And):
                raise self.refuse(node, f"`{ast.unparse(node)}`", "write `x if x is not None else ...`")
            left = replace(left, text=f"{left.text}.value", kind=left.kind.parts[0])
        test = values.negated(test) if isinstance(node.op, ast.And) else test
        return self._chosen(node, test, lambda: left, lambda: self.value(right))

    def _choice(self, node: ast.IfExp) -> Value:
        constant = constant_of(self.reader.program, self.function.module, node.test)
        if constant is not UNKNOWN:
            return self.value(node.body if constant else node.orelse)
        test = self.truth(node.test)
        return self._chosen(node, test, lambda: self.value(node.body), lambda: self.value(node.orelse))

    def _chosen(self, node: ast.expr, test: Value, one: Callable[[], Value], other: Callable[[], Value]) -> Value:
        """``test ? one : other``, or an ``if`` where one of them needs lines of its own."""
        first, left = self.sheet.captured(one, deeper=1)
        second, right = self.sheet.captured(other, deeper=1)
        kind = joined(left.kind, right.kind)
        if kind is None:
            raise self.refuse(node, f"a {left.kind} or a {right.kind}", "choose between values of one kind")
        if kind.is_ == "tuple":
            raise self.refuse(node, "a choice between tuples", "choose item by item")
        left, right = self.fitted(left, kind, node), self.fitted(right, kind, node)
        if not first and not second:
            return values.chosen(test, left, right, kind)
        held = self.sheet.declared(kind, "chosen")
        with self.sheet.block(f"if ({test.text})", "} else {"):
            self.sheet.lines += first
            self.sheet.write(f"{held.text} = {left.text};")
        self.sheet.indent += 1
        self.sheet.lines += second
        self.sheet.write(f"{held.text} = {right.text};")
        self.sheet.indent -= 1
        self.sheet.write("}")
        return held

    def fitted(self, value: Value, kind: Kind, node: ast.AST) -> Value:
        """The value as one of a kind that it is among (calls.py)."""
        raise NotImplementedError

    # ------------------------------------------------------------ comparisons and items

    def _compare(self, node: ast.Compare) -> Value:
        operands = [node.left, *node.comparators]
        if isinstance(node.ops[0], ast.Is | ast.IsNot):
            return self._with_none(node)
        if len(node.ops) == 1:
            left, right = self.sheet.ordered([lambda: self.value(node.left), lambda: self.value(operands[1])])
            return self._compared(node, node.ops[0], left, right)
        return self._chain(node, operands)

    def _chain(self, node: ast.Compare, operands: list[ast.expr]) -> Value:
        """``a < b < c``: each operand is evaluated once, and only if all links before it hold."""
        first, middle = self.sheet.ordered([lambda: self.value(operands[0]), lambda: self.value(operands[1])])
        if not middle.whole:
            first, middle = self.sheet.ordered([lambda: first, lambda: self.sheet.simple(middle)])
        left = middle
        links = [lambda: self._compared(node, node.ops[0], first, middle)]

        def link(number: int) -> Value:
            nonlocal left
            right = self.value(operands[number + 1])
            last = number == len(node.ops) - 1
            before, left = left, right if last or right.whole else self.sheet.simple(right)
            return self._compared(node, node.ops[number], before, left)

        links += [lambda number=number: link(number) for number in range(1, len(node.ops))]  # type: ignore[misc]
        return self._all_or_any(ast.BoolOp(ast.And(), []), links)

    def _compared(self, node: ast.Compare, operator: ast.cmpop, left: Value, right: Value) -> Value:
        kinds = {left.kind.is_, right.kind.is_}
        if type(operator) not in COMPARISONS or kinds - {"word", "constant", "int", "bool", "optional"}:
            raise self.refuse(node, f"`{ast.unparse(node)}`", "compare words, and views by their addresses")
        if "int" in kinds:
            left, right = (literal(one.number) if one.kind is CONSTANT else one for one in (left, right))  # type: ignore[arg-type]
            if kinds == {"int", "word"} or max(left.number or 0, right.number or 0) >= values.LITERAL_END:
                raise self.refuse(node, f"`{ast.unparse(node)}`", "compare what is below 0 with constants")
        elif "bool" in kinds:
            if len(kinds) > 1 or not isinstance(operator, ast.Eq | ast.NotEq):
                raise self.refuse(node, f"`{ast.unparse(node)}`", "compare truths with == and != alone")
        else:
            left, right = self.as_word(left, node), self.as_word(right, node)
        return values.compared(left, COMPARISONS[type(operator)], right)

    def _with_none(self, node: ast.Compare) -> Value:
        value = self.value(node.left)
        is_none = isinstance(node.ops[0], ast.Is)
        if len(node.ops) > 1:
            raise self.refuse(node, f"`{ast.unparse(node)}`", "write two comparisons")
        if value.kind.is_ != "optional":
            if value.acts:
                self.sheet.simple(value)
            return values.truth_of((value.kind is NONE) == is_none)
        present = Value(f"{value.within(PRIMARY)}.present", PRIMARY, BOOL, **doing(value))
        return values.negated(present) if is_none else present

    def _item(self, node: ast.Subscript) -> Value:
        whole, index = self.sheet.ordered([lambda: self.value(node.value), lambda: self.word(node.slice)])
        if whole.kind is ARRAY:
            text = f"{whole.within(PRIMARY)}[{index.text}]"
            return Value(text, PRIMARY, WORD, 8, looks=True, acts=whole.acts or index.acts)
        number = constant_of(self.reader.program, self.function.module, node.slice)
        if whole.kind.is_ == "tuple" and is_number(number):
            return whole.items[number]
        raise self.refuse(node, f"`{ast.unparse(node)}`", "index a tuple with a constant, or an array of memory")
