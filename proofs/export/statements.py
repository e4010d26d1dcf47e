"""Statements of the language, written as statements of C.

TRUSTED: a path through the C takes the turns that the path through the Python takes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from proofs.export import values
from proofs.export.calls import fails, gives
from proofs.export.constants import UNKNOWN, constant_of, is_number
from proofs.export.kinds import NONE, WORD, WORD_TYPE, Kind, settled
from proofs.export.leaving import Leaving
from proofs.export.scopes import Scopes
from proofs.export.values import Value


@dataclass
class Statements(Leaving):
    """Writes the statements of one function."""

    scopes: Scopes = field(default_factory=Scopes)

    def block(self, statements: list[ast.stmt]) -> None:
        """Statements, one after the other."""
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """One statement, and the declarations before it."""
        for name, needed in self.scopes.before.get(id(node), {}).items():
            self._declare(name, needed)
        writers: dict[type, Callable[..., None]] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Expr: self._expression,
            ast.If: self._if,
            ast.While: self._while,
            ast.For: self._for,
            ast.Return: self._return,
            ast.Raise: self._raise,
            ast.Try: self._try,
            ast.Break: lambda node: self.sheet.write("break;"),
            ast.Continue: lambda node: self.sheet.write("continue;"),
        }
        if type(node) not in writers:
            raise self.refuse(node, f"`{ast.unparse(node)}`", "see proofs/engine/LANGUAGE.md for what there is")
        writers[type(node)](node)

    # ------------------------------------------------------------ locals

    def _kind_of(self, name: str) -> Kind:
        own = next((one.kind for one in self.function.parameters if one.name == name), None)
        return own or self.function.locals[name]

    def _declare(self, name: str, needed: bool) -> None:
        kind = self._kind_of(name)
        if kind is NONE:
            return
        parts = kind.parts if kind.is_ == "tuple" else (kind,)
        for variable, part in zip(self._variables(name, kind), parts, strict=True):
            self.sheet.taken.add(variable)
            text = self.sheet.names.declaration(part, variable)
            self.sheet.write(f"{text} = {self.zero(part)};" if needed else f"{text};")

    def _variables(self, name: str, kind: Kind) -> list[str]:
        own = self.local(name)
        return [f"{own}_{number}" for number in range(len(kind.parts))] if kind.is_ == "tuple" else [own]

    def _put(self, node: ast.stmt, name: str, value: Value) -> None:
        """A local takes a value, and is declared if this is the place."""
        kind = self._kind_of(name)
        value = self.fitted(value, kind, node)
        if kind is NONE:  # all that can be known of it is known
            if value.acts and value.text:
                self.sheet.write(f"{value.text};")
            return
        here = name in self.scopes.at.get(id(node), set())
        items = value.items if kind.is_ == "tuple" else (value,)
        parts = kind.parts if kind.is_ == "tuple" else (kind,)
        for variable, item, part in zip(self._variables(name, kind), items, parts, strict=True):
            if not (here or item.text != variable):
                continue
            left = self.sheet.names.declaration(part, variable) if here else variable
            self.sheet.write(f"{left} = {item.text};")

    def _assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if isinstance(target, ast.Tuple):
            self._taken_apart(node, target)
        elif isinstance(target, ast.Name):
            self._bound(node, target.id, node.value)
        else:
            self._stored(node, target, lambda: self.value(node.value))

    def _annotated(self, node: ast.AnnAssign) -> None:
        assert isinstance(node.target, ast.Name) and node.value is not None
        self._bound(node, node.target.id, node.value)

    def _bound(self, node: ast.stmt, name: str, written: ast.expr) -> None:
        """A name takes a value; a function that gives it by address writes it there at once."""
        kind = self._kind_of(name)
        target = self.reader.target(written) if isinstance(written, ast.Call) else None
        function = target.function if target else None
        given = gives(function) if function else ()
        if function and given and settled(function.result) == settled(kind) and isinstance(written, ast.Call):
            if name in self.scopes.at.get(id(node), set()):
                self._declare(name, fails(function))
            self.invoked(written, self._variables(name, kind))
            return
        self._put(node, name, self.value(written))

    def _augmented(self, node: ast.AugAssign) -> None:
        assert isinstance(node.target, ast.Name)
        name = node.target
        left = values.name(self.local(name.id), self._kind_of(name.id))
        before, right = self.sheet.ordered([lambda: left, lambda: self.value(node.value)])
        self._put(node, name.id, self.operate(node, node.op, before, right))

    def _stored(self, node: ast.stmt, target: ast.expr, value: Callable[[], Value]) -> None:
        """A field takes a value, which Python evaluates before it looks for the field."""
        if not isinstance(target, ast.Attribute):
            raise self.refuse(node, f"an assignment to {ast.unparse(target)}", "assign to names and fields")
        right, view = self.sheet.ordered([value, lambda: self.value(target.value)])
        field_ = self.reader.program.field(view.kind.name, target.attr) if view.kind.is_ == "view" else None
        if field_ is None:
            raise self.refuse(node, f"an assignment to {ast.unparse(target)}", "assign to a field of a view")
        left = f"{view.within(values.PRIMARY)}->{field_.name}"
        self.sheet.write(f"{left} = {self.stored(right, field_, node)};")

    def _taken_apart(self, node: ast.Assign, target: ast.Tuple) -> None:
        """Several targets; all of the value is there before the first of them takes its part."""
        plain = [one.id for one in target.elts if isinstance(one, ast.Name)]
        called = self.reader.target(node.value).function if isinstance(node.value, ast.Call) else None
        direct = called and called.result.is_ == "tuple" and len(set(plain)) == len(target.elts)
        if direct and called and isinstance(node.value, ast.Call):
            kinds = [settled(self._kind_of(name)) for name in plain]
            if kinds == [settled(part) for part in called.result.parts]:
                for name in plain:
                    if name in self.scopes.at.get(id(node), set()):
                        self._declare(name, fails(called))
                self.invoked(node.value, [self.local(name) for name in plain])
                return
        items = list(self._items(node, self.value(node.value)))
        if any(isinstance(one, ast.Tuple) for one in target.elts):
            raise self.refuse(node, f"`{ast.unparse(node)}`", "take one tuple apart after the other")
        if not self._independent(target, node.value, plain):
            items = [item if item.number is not None else self._saved(item) for item in items]
        for one, item in zip(target.elts, items, strict=True):
            if isinstance(one, ast.Name):
                self._put(node, one.id, item)
            else:
                self._stored(node, one, partial(_itself, item))

    def _saved(self, item: Value) -> Value:
        return self.sheet.declared(item.kind, "part", item)

    def _items(self, node: ast.Assign, value: Value) -> tuple[Value, ...]:
        """The parts of a tuple or a record."""
        if value.kind.is_ == "optional":
            value = replace(value, text=f"{value.within(values.PRIMARY)}.value", kind=value.kind.parts[0])
        if value.kind.is_ != "record":
            return value.items
        value = self.sheet.simple(value)
        program = self.reader.program
        return tuple(
            values.name(f"{value.text}.{part}", self.reader.part(value.kind.name, part))
            for part, _ in program.parts(value.kind.name)
        )

    def _independent(self, target: ast.Tuple, value: ast.expr, plain: list[str]) -> bool:
        """Whether the targets may take their parts one after the other: no part is read after a target changed it."""
        read = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        whole = len(plain) == len(target.elts)
        nothing = not any(isinstance(node, ast.Call | ast.Attribute | ast.Subscript) for node in ast.walk(value))
        return read.isdisjoint(plain) and (whole or nothing)

    # ------------------------------------------------------------ plain statements

    def _expression(self, node: ast.Expr) -> None:
        value = self.invoked(node.value, None) if isinstance(node.value, ast.Call) else self.value(node.value)
        for one in value.items or (value,):
            if one.acts and one.text:
                self.sheet.write(f"{one.text};" if one.kind is NONE else f"(void){one.within(values.UNARY)};")

    def _if(self, node: ast.If, head: str = "if") -> None:
        constant = constant_of(self.reader.program, self.function.module, node.test)
        if constant is not UNKNOWN:
            with self.sheet.block(""):
                self.block(node.body if constant else node.orelse)
            return
        test = self.truth(node.test)
        alone = len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) and self._follows(node.orelse[0])
        with self.sheet.block(f"{head} ({test.text})", "} else {" if node.orelse and not alone else "}"):
            self.block(node.body)
        if alone and isinstance(node.orelse[0], ast.If):
            self.sheet.lines.pop()
            self._if(node.orelse[0], "} else if")
        elif node.orelse:
            self.sheet.indent += 1
            self.block(node.orelse)
            self.sheet.indent -= 1
            self.sheet.write("}")

    def _follows(self, node: ast.If) -> bool:
        """Whether an ``if`` needs no line before it, so that ``else if`` can be written."""
        if id(node) in self.scopes.before:
            return False
        if constant_of(self.reader.program, self.function.module, node.test) is not UNKNOWN:
            return False
        kept, taken = self.sheet.needs_status, set(self.sheet.taken)
        lines, _ = self.sheet.captured(lambda: self.truth(node.test))
        self.sheet.needs_status, self.sheet.taken = kept, taken
        return not lines

    def _while(self, node: ast.While) -> None:
        lines, test = self.sheet.captured(lambda: self.truth(node.test), deeper=1)
        plain = not lines and test.number is None
        with self.sheet.block(f"while ({test.text})" if plain else "for (;;)"):
            self.sheet.lines += lines
            if not plain and test.number != 1:
                with self.sheet.block(f"if ({values.negated(test).text})"):
                    self.sheet.write("break;")
            self.block(node.body)

    def _for(self, node: ast.For) -> None:
        assert isinstance(node.target, ast.Name)
        name = node.target.id
        steps = self._range(node)
        own = name in self.scopes.at.get(id(node), set())
        if steps is not None and own and list(steps) == list(range(steps.start, steps.stop)) and steps.start >= 0:
            variable = self.local(name)
            head = f"{WORD_TYPE} {variable} = {steps.start}; {variable} < {max(steps.stop, steps.start)}; {variable}++"
            with self.sheet.block(f"for ({head})"):
                self.block(node.body)
            return
        items = self._elements(node, steps)
        kind = self._kind_of(name)
        array, counter = self.sheet.fresh(f"{name}s"), self.sheet.fresh("number")
        known = all(item.number is not None for item in items)
        text = self.sheet.names.declaration(kind, array)
        if not items:
            return
        self.sheet.write(
            f"{'static const' if known else 'const'} {text}[] = {{{', '.join(item.text for item in items)}}};"
        )
        with self.sheet.block(f"for (size_t {counter} = 0; {counter} < {len(items)}; {counter}++)"):
            left = self.sheet.names.declaration(kind, self.local(name)) if own else self.local(name)
            self.sheet.write(f"{left} = {array}[{counter}];")
            self.block(node.body)

    def _range(self, node: ast.For) -> range | None:
        """The numbers of ``for name in range(...)``."""
        source = node.iter
        if not (isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id == "range"):
            return None
        numbers = [constant_of(self.reader.program, self.function.module, one) for one in source.args]
        if not numbers or not all(is_number(one) for one in numbers) or (len(numbers) == 3 and numbers[2] == 0):
            raise self.refuse(node, f"`for {ast.unparse(node.target)} in {ast.unparse(source)}`", "count in a while")
        found = range(*numbers)
        if found and min(found[0], found[-1]) < 0:
            raise self.refuse(node, f"{ast.unparse(source)}, which has numbers below 0,", "count in words")
        return found

    def _elements(self, node: ast.For, steps: range | None) -> list[Value]:
        kind = self._kind_of(ast.unparse(node.target))
        if steps is not None:
            return [values.literal(one) for one in steps]
        whole = self.value(node.iter)
        items = [self.fitted(one, kind, node) for one in whole.items]
        if kind is WORD:
            items = [item if item.number is not None else values.widened(item) for item in items]
        if whole.kind.is_ != "tuple":
            raise self.refuse(node, f"a walk over {ast.unparse(node.iter)}", "walk over a tuple or a range")
        return items


def _itself(value: Value) -> Value:
    return value
