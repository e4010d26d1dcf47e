"""Expressions that decide: conditions, comparisons, choices.

TRUSTED: what Python evaluates only on one way, C does, too; each operand of a chain is evaluated once.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from proofs.export import values
from proofs.export.constants import UNKNOWN, constant_of
from proofs.export.expressions import Expressions
from proofs.export.inference import is_chosen
from proofs.export.kinds import BOOL, CONSTANT, NONE, Kind, joined, settled
from proofs.export.values import PRIMARY, Value, doing, literal

COMPARISONS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@dataclass
class Decisions(Expressions):
    """Writes the expressions of one function that decide."""

    def deciding(self, node: ast.expr) -> Value:
        """A comparison, a choice, ``and`` and ``or``."""
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.BoolOp):
            return self._decided(node)
        assert isinstance(node, ast.IfExp)
        return self._choice(node)

    def negated(self, node: ast.expr) -> Value:
        """``not``; of a word, whether it is 0; of one comparison, its opposite."""
        if self.kind(node) is not BOOL or isinstance(node, ast.BoolOp):
            value = self.truth(node)
            if value.text.endswith(" != 0") and value.binds == values.EQUAL and " == " not in value.text:
                return replace(value, text=f"{value.text[: -len(' != 0')]} == 0")
            return values.negated(value)
        return values.negated(self.truth(node))

    def truth(self, node: ast.expr) -> Value:
        """An expression that is taken for a condition."""
        if isinstance(node, ast.BoolOp):
            return self._all_or_any(node, [partial(self.truth, one) for one in node.values])
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
        return self._chosen(node, test, partial(self._taken, node, node.body), partial(self._taken, node, node.orelse))

    def _taken(self, node: ast.IfExp, part: ast.expr) -> Value:
        """What a choice takes; where that cannot be None, the value itself."""
        value = self.value(part)
        if value.kind.is_ != "optional" or not is_chosen(node, part):
            return value
        return replace(value, text=f"{value.within(PRIMARY)}.value", binds=PRIMARY, kind=value.kind.parts[0])

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

        links += [partial(link, number) for number in range(1, len(node.ops))]
        return self._all_or_any(ast.BoolOp(ast.And(), []), links)

    def _compared(self, node: ast.Compare, operator: ast.cmpop, left: Value, right: Value) -> Value:
        kinds = {left.kind.is_, right.kind.is_}
        if type(operator) not in COMPARISONS or kinds - {"word", "constant", "int", "bool", "optional"}:
            raise self.refuse(node, f"`{ast.unparse(node)}`", "compare words, and views by their addresses")
        if "optional" in kinds and isinstance(operator, ast.Eq | ast.NotEq):
            return self._equal_if_there(node, operator, left, right)
        if "int" in kinds:
            left, right = (literal(one.number or 0) if one.kind is CONSTANT else one for one in (left, right))
            if kinds == {"int", "word"} or max(left.number or 0, right.number or 0) >= values.LITERAL_END:
                raise self.refuse(node, f"`{ast.unparse(node)}`", "compare what is below 0 with constants")
        elif "bool" in kinds:
            if len(kinds) > 1 or not isinstance(operator, ast.Eq | ast.NotEq):
                raise self.refuse(node, f"`{ast.unparse(node)}`", "compare truths with == and != alone")
        else:
            left, right = self.as_word(left, node), self.as_word(right, node)
        return values.compared(left, COMPARISONS[type(operator)], right)

    def _equal_if_there(self, node: ast.Compare, operator: ast.cmpop, left: Value, right: Value) -> Value:
        """A word that may be None compared with one: None equals no word."""
        maybe, other = (left, right) if left.kind.is_ == "optional" else (right, left)
        if other.kind.is_ not in ("word", "constant") or settled(maybe.kind.parts[0]).is_ != "word":
            raise self.refuse(node, f"`{ast.unparse(node)}`", "compare what may be None with a word")
        maybe, other = self.sheet.ordered([partial(self.sheet.simple, maybe), partial(self.sheet.simple, other)])
        present = Value(f"{maybe.text}.present", PRIMARY, BOOL, **doing(maybe))
        inner = Value(f"{maybe.text}.value", PRIMARY, settled(maybe.kind.parts[0]))
        same = values.both(present, values.compared(inner, "==", other))
        return same if isinstance(operator, ast.Eq) else values.negated(same)

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
