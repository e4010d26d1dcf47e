"""Calls, written in C: of functions of the program, of the memory, of structs and records that are made.

TRUSTED: a function gets the arguments that CPython would give it, evaluated in the same order; what cannot fail is
called where it stands, what can fail in a statement of its own, whose status is looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from impl.layout import Field
from proofs.export import values
from proofs.export.constants import UNKNOWN, constant_of
from proofs.export.decisions import Decisions
from proofs.export.kinds import ARRAY, BOOL, CONSTANT, INT, NONE, WORD, WORD_TYPE, Kind, settled, view
from proofs.export.names import snake
from proofs.export.program import Function
from proofs.export.targets import HOOKS, Argument, Target
from proofs.export.values import PRIMARY, Value, doing, literal, narrowed

ABSENT = ("memory", "class")
"""Kinds of parameters that are not there in C."""


def fails(function: Function) -> bool:
    """Whether a function gives a status."""
    return bool(function.errors)


@dataclass
class Calls(Decisions):
    """Writes calls; ``locals_`` are the names of locals and parameters in C."""

    locals_: dict[str, str] = field(default_factory=dict)

    def local(self, name: str) -> str:
        """The name of a local in C."""
        if name not in self.locals_:
            self.locals_[name] = self.sheet.fresh(name)
        return self.locals_[name]

    def call(self, node: ast.Call) -> Value:
        """Any call whose value is used."""
        return self.invoked(node, None)

    def invoked(self, node: ast.Call, into: list[str] | None) -> Value:
        """Any call; ``into`` are the variables that take what the function gives, if it gives that by address."""
        target = self.reader.target(node)
        if target.function is not None:
            return self._function(node, target, target.function, into)
        return {
            "view": self._view,
            "record": self._record,
            "memory": self._memory,
            "language": self._language,
            "callable": self._callable,
        }[target.what](node, target)

    # ------------------------------------------------------------ functions of the program

    def _function(self, node: ast.Call, target: Target, function: Function, into: list[str] | None) -> Value:
        given = self._given(node, target, function)
        name = self.sheet.names.function(function)
        outs, result = self._outs(function, into)
        text = f"{name}({', '.join([*given.texts, *(f'&{out}' for out in outs)])})"
        acts = function.acts or given.acts
        if fails(function):
            self._checked(text, node)
            return result
        if function.result.is_ == "tuple":
            self.sheet.write(f"{text};")
            return result
        looks = function.looks or given.looks
        return Value(text, PRIMARY, function.result, looks=looks, acts=acts or function.result is NONE)

    def _outs(self, function: Function, into: list[str] | None) -> tuple[list[str], Value]:
        """The variables to which a function writes what it gives by address, and the value that they hold."""
        kinds = gives(function)
        if not kinds:
            return [], Value("", PRIMARY, function.result)
        outs = into or [self.sheet.declared(kind, function.name.strip("_")).text for kind in kinds]
        items = tuple(values.name(out, kind) for out, kind in zip(outs, kinds, strict=True))
        if function.result.is_ == "tuple":
            return outs, Value("", PRIMARY, function.result, items=items, whole=True)
        return outs, items[0]

    def _checked(self, text: str, node: ast.AST) -> None:
        """A call that can fail: an error is passed on."""
        self.sheet.needs_status = True
        self.sheet.write(f"status = {text};")
        with self.sheet.block(f"if (status != {self.sheet.names.status('')})"):
            self.fail("status", node)

    def _given(self, node: ast.Call, target: Target, function: Function) -> _Given:
        """The arguments as C takes them, evaluated as Python does."""
        receiver = function.parameters[0] if function.owner and not function.of_class else None
        written: list[tuple[str, Callable[[], Value]]] = []
        if receiver is not None and target.receiver is not None:
            at, kind = target.receiver, receiver.kind
            if self.kind(at).is_ in ("record", "view"):
                kind = self.kind(at)  # of a derived struct, maybe, whose fields are the same
            written.append((receiver.name, lambda: self.fitted(self.value(at), kind, node)))
        for argument in target.arguments:
            if argument.parameter.kind.is_ in ABSENT:
                self._show_absent(argument)
            else:
                written.append((argument.parameter.name, self._lowered(argument, function)))
        left_out = frozenset() if function.public else function.unused
        written = [(one, self._only_done(lower) if one in left_out else lower) for one, lower in written]
        lowered = self.sheet.ordered([lower for _, lower in written], function.name.strip("_"))
        by_name = dict(zip([name for name, _ in written], lowered, strict=True))
        own = [one for one in function.parameters if one.kind.is_ not in ABSENT and one.name not in left_out]
        return _Given([self._passed(by_name[one.name], one.kind) for one in own], **doing(*lowered))

    def _only_done(self, lower: Callable[[], Value]) -> Callable[[], Value]:
        """An argument that the function does not need: it is evaluated only for what it does."""

        def evaluated() -> Value:
            value = lower()
            if value.acts and value.text:
                self.sheet.write(f"(void){value.within(values.UNARY)};")
            return Value("", PRIMARY, NONE, whole=True)

        return evaluated

    def _passed(self, value: Value, kind: Kind) -> str:
        """An argument as it is written; a field that is narrower than the parameter becomes as wide by itself."""
        return f"({WORD_TYPE}){value.within(values.UNARY)}" if kind is WORD and value.kind is BOOL else value.text

    def _lowered(self, argument: Argument, function: Function) -> Callable[[], Value]:
        kind = argument.parameter.kind
        if argument.given:
            return lambda: self.fitted(self.value(argument.node), kind, argument.node, handed=True)
        constant = constant_of(self.reader.program, function.module, argument.node)
        if constant is not UNKNOWN:
            own = self.constant(argument.node, constant, function.module)
            return lambda: self.fitted(own, kind, argument.node)
        found = self.reader.program.function(self.reader.program.value(function.module, ast.unparse(argument.node)))
        if found is None:
            raise self.refuse(argument.node, f"the default {ast.unparse(argument.node)}", "write a constant")
        return lambda: self._thunk(found, kind, argument.node)

    def _show_absent(self, argument: Argument) -> None:
        """The memory is one and the same everywhere, so that C need not be told."""
        kind = self.kind(argument.node)
        if kind.is_ != argument.parameter.kind.is_ or not self.facts.of(self.function, argument.node).nothing:
            raise self.refuse(argument.node, f"a {kind} as the memory", "hand on the memory of a view")

    # ------------------------------------------------------------ what becomes of another kind

    def fitted(self, value: Value, kind: Kind, node: ast.AST, handed: bool = False) -> Value:
        """The value as one of the kind that is wanted; refused where Python has no such step."""
        kind = settled(kind)
        if value.kind is INT and (value.number or 0) <= -values.LITERAL_END:
            raise self.refuse(node, f"{value.number}, which is no int of C,", "stay above -2**31")
        if settled(value.kind) == kind or value.kind is kind:
            return value
        if kind.is_ == "callable":
            return self._as_callable(value, kind, node, handed)
        found = self._plainly_fitted(value, kind, node)
        if found is None:
            raise self.refuse(node, f"a {value.kind} where a {kind} is wanted", "give what is declared")
        return found

    def _plainly_fitted(self, value: Value, kind: Kind, node: ast.AST) -> Value | None:
        """Numbers, what may be None, tuples and views."""
        if kind is INT and value.kind is CONSTANT and value.number is not None:
            return replace(literal(value.number), kind=INT)
        if kind.is_ == "optional" and value.kind.is_ != "optional":
            return self._optional(value, kind, node)
        if value.kind.is_ == "optional" and settled(value.kind.parts[0]) == kind:
            if id(node) not in self.facts.divisors.present:
                raise self.refuse(node, "what may be None where it must not", "compare its name with None before")
            return replace(value, text=f"{value.within(PRIMARY)}.value", binds=PRIMARY, kind=kind)
        if kind.is_ == value.kind.is_ == "tuple" and len(kind.parts) == len(value.items):
            parts = zip(value.items, kind.parts, strict=True)
            return replace(value, items=tuple(self.fitted(one, part, node) for one, part in parts), kind=kind)
        derived = kind.is_ == value.kind.is_ == "view" and self._derived(value.kind, kind)
        return replace(value, kind=kind) if derived else None

    def _derived(self, one: Kind, base: Kind) -> bool:
        return issubclass(self.reader.program.runtime[one.name], self.reader.program.runtime[base.name])

    def _optional(self, value: Value, kind: Kind, node: ast.AST) -> Value:
        """None, or a value that is there."""
        type_ = self.sheet.names.type(kind)
        if value.kind is NONE:
            return Value(f"({type_}){{.present = false}}", PRIMARY, kind)
        inner = self.fitted(value, kind.parts[0], node)
        return replace(inner, text=f"({type_}){{true, {inner.text}}}", binds=PRIMARY, kind=kind, whole=False)

    def _as_callable(self, value: Value, kind: Kind, node: ast.AST, handed: bool) -> Value:
        """A record that can be called, or a function, handed on: its address is good while the callee runs."""
        program = self.reader.program
        if value.kind.is_ == "callable" and not value.kind.parts:
            found = program.function(program.value(self.function.module, value.kind.name))
        else:
            found = program.method(value.kind.name, "__call__") if value.kind.is_ == "record" else None
        if found is None or not handed:
            raise self.refuse(node, f"a {value.kind} kept as what can be called", "hand it to a function as it is")
        if value.kind.is_ != "record":
            return self._thunk(found, kind, node)
        held = value if value.whole and "." not in value.text else self.sheet.declared(value.kind, "called", value)
        return replace(self._thunk(found, kind, node, f"&{held.text}"), **doing(value))

    def _thunk(self, found: Function, kind: Kind, node: ast.AST, context: str = "NULL") -> Value:
        """A function as what can be called."""
        if fails(found):
            raise self.refuse(node, f"{found.name}, which can fail, as what can be called", "let it give a word")
        name = f"{self.sheet.names.function(found)}_called"
        self.sheet.names.thunks[name] = (found, kind)
        return Value(f"({self.sheet.names.type(kind)}){{{name}, {context}}}", PRIMARY, kind)

    def _name(self, node: ast.Name) -> Value:
        kind = self.kind(node)
        if kind.is_ == "callable" and not kind.parts:
            return Value(node.id, PRIMARY, kind, whole=True)
        return super()._name(node)

    # ------------------------------------------------------------ views and records

    def _view(self, node: ast.Call, target: Target) -> Value:
        memory = [one for one in node.args if one is not target.nodes[0]]
        if len(memory) != 1 or self.kind(memory[0]).is_ != "memory" or node.keywords:
            raise self.refuse(node, f"`{ast.unparse(node)}`", "write Struct(memory, address)")
        address = self.word(target.nodes[0])
        text = f"{self.sheet.names.at(target.name)}({address.text})"
        return Value(text, PRIMARY, view(target.name), address=address, **doing(address))

    def _record(self, node: ast.Call, target: Target) -> Value:
        program = self.reader.program
        kinds = [self.reader.part(target.name, name) for name, _ in program.parts(target.name)]
        if len(kinds) != len(target.nodes):
            raise self.refuse(node, f"`{ast.unparse(node)}`", f"{target.name} has {len(kinds)} parts")
        numbers = range(len(kinds))
        written = sorted(numbers, key=lambda n: (target.nodes[n].lineno, target.nodes[n].col_offset))
        lowered = self.sheet.ordered([partial(self._part_of, target.nodes[n], kinds[n]) for n in written])
        parts = [lowered[written.index(n)] for n in numbers]
        kind = Kind("record", target.name)
        texts = [self._passed(one, kind_) for one, kind_ in zip(parts, kinds, strict=True)]
        return Value(f"({self.sheet.names.type(kind)}){{{', '.join(texts)}}}", PRIMARY, kind, **doing(*parts))

    def _part_of(self, node: ast.expr, kind: Kind) -> Value:
        return self.fitted(self.value(node), kind, node)

    def _callable(self, node: ast.Call, target: Target) -> Value:
        assert target.receiver is not None
        whole = self.value(target.receiver)
        kind = whole.kind
        if kind.is_ != "callable" or len(kind.parts) != len(target.nodes) + 1 or node.keywords:
            raise self.refuse(node, f"`{ast.unparse(node)}`", "call what is declared as Callable with its arguments")
        pairs = zip(target.nodes, kind.parts, strict=False)
        given = self.sheet.ordered([partial(self._part_of, n, k) for n, k in pairs])
        texts = ", ".join([f"{whole.text}.context", *(one.text for one in given)])
        return Value(f"{whole.text}.call({texts})", PRIMARY, kind.parts[-1], looks=True, acts=True)

    # ------------------------------------------------------------ the language and the memory

    def _language(self, node: ast.Call, target: Target) -> Value:
        if target.name == "bit_length":
            inner = self.word(target.nodes[0])
            text = f"{self.sheet.names.helper('bit_length')}({inner.text})"
            return Value(text, PRIMARY, WORD, **doing(inner))
        if target.name == "len":
            kind = self.kind(target.nodes[0])
            if kind.is_ != "tuple" or not self.facts.of(self.function, target.nodes[0]).nothing:
                raise self.refuse(node, f"`{ast.unparse(node)}`", "take the len of a tuple that has a name")
            return literal(len(kind.parts))
        if target.name not in ("min", "max"):
            raise self.refuse(node, f"`{ast.unparse(node)}` as a value", "check words in a statement")
        first, *rest = self.sheet.ordered([partial(self.word, one) for one in target.nodes])
        helper = self.sheet.names.helper(target.name)
        for one in rest:
            first = Value(f"{helper}({first.text}, {one.text})", PRIMARY, WORD, **doing(first, one))
        return first

    def _memory(self, node: ast.Call, target: Target) -> Value:
        if target.name in ("peek", "read"):
            return self._load_of(node, target)
        if target.name == "write":
            return self._store_of(node, target)
        if target.name == "array":
            address, count = (partial(self.word, one) for one in target.nodes[1:])
            value, length = self.sheet.ordered([address, count])
            if length.acts:
                self.sheet.simple(length)
            text = f"(const uint8_t *)(uintptr_t){value.within(values.UNARY)}"
            return Value(text, values.UNARY, ARRAY, looks=True, acts=value.acts)
        if target.name == "log":
            return self._log(node, target)
        given = self.sheet.ordered([partial(self.word, one) for one in target.nodes])
        name = self.hook(target.name) if target.name in HOOKS else self.sheet.names.helper(target.name)
        kind = {"map": BOOL, "is_mapped": BOOL, "find_place": WORD}.get(target.name, NONE)
        return Value(f"{name}({', '.join(one.text for one in given)})", PRIMARY, kind, looks=True, acts=True)

    def hook(self, name: str) -> str:
        """A function that the user provides."""
        self.sheet.names.helpers.add(f"hook {name}")
        return self.sheet.names.own(f"{self.sheet.names.prefix}_{name}", f"hook {name}")

    def _load_of(self, node: ast.Call, target: Target) -> Value:
        """``memory.peek(Struct.field, address)``: a load that takes nothing for granted; ``read`` is a plain one."""
        field_ = self.reader.field(target.nodes[0])
        assert field_ is not None
        address = self.word(target.nodes[1])
        struct = self.sheet.names.struct(field_.struct.__name__)
        if target.name == "read":
            at = self.sheet.names.at(field_.struct.__name__)
            viewed = Value(f"{at}({address.text})", PRIMARY, view(field_.struct.__name__), **doing(address))
            return self.load(viewed, field_)
        place = f"{address.within(values.PLUS)} + offsetof(struct {struct}, {field_.name})"
        bits = 8 * field_.width
        helper = self.sheet.names.helper(f"peek_u{bits}")
        return self.of_memory(Value(f"{helper}({place})", PRIMARY, WORD, bits, looks=True, acts=address.acts), field_)

    def _store_of(self, node: ast.Call, target: Target) -> Value:
        field_ = self.reader.field(target.nodes[0])
        if field_ is None:
            raise self.refuse(node, f"`{ast.unparse(node)}`", "name the field: Struct.field")
        address, value = self.sheet.ordered([lambda: self.word(target.nodes[1]), lambda: self.value(target.nodes[2])])
        at = f"{self.sheet.names.at(field_.struct.__name__)}({address.text})->{field_.name}"
        return Value(f"{at} = {self.stored(value, field_, node)}", values.CHOICE, NONE, looks=True, acts=True)

    def stored(self, value: Value, field_: Field[Any], node: ast.AST) -> str:
        """A value as a field takes it."""
        if field_.kind == "flag":
            if value.kind is not BOOL:
                raise self.refuse(node, f"a {value.kind} in a flag", "store a truth")
            return str(value.number) if value.number is not None else f"(uint8_t)({value.text})"
        return narrowed(self.as_word(value, node), 8 * field_.width).text

    def _log(self, node: ast.Call, target: Target) -> Value:
        message, *said = target.nodes
        if not isinstance(message, ast.Constant) or not isinstance(message.value, str):
            raise self.refuse(node, f"`{ast.unparse(node)}`", "write the message as a string")
        given = self.sheet.ordered([partial(self.value, one) for one in said])
        if any(one.kind.is_ == "optional" for one in given):
            raise self.refuse(node, "what may be None in the log", "log words")
        texts = [f"({WORD_TYPE})({one.text})" if one.kind is BOOL else self.as_word(one, node).text for one in given]
        items = f"(const {WORD_TYPE}[]){{{', '.join(texts)}}}" if texts else "NULL"
        text = f"{self.hook('log')}({quoted(message.value)}, {len(texts)}, {items})"
        return Value(text, PRIMARY, NONE, looks=True, acts=True)


@dataclass(frozen=True)
class _Given:
    """Arguments as they are written, and what evaluating them does."""

    texts: list[str]
    looks: bool
    acts: bool


def gives(function: Function) -> tuple[Kind, ...]:
    """The kinds of what a function gives by address: a tuple's parts; all that it gives, if it gives a status."""
    if function.result.is_ == "tuple":
        return function.result.parts
    return (function.result,) if fails(function) and function.result is not NONE else ()


def quoted(text: str) -> str:
    """A string of C."""
    plain = {"\\": "\\\\", '"': '\\"', "?": "\\?"}
    written = [plain.get(c) or (c if 32 <= ord(c) < 127 else "".join(f"\\{b:03o}" for b in c.encode())) for c in text]
    return f'"{"".join(written)}"'


def receiver_name(owner: str) -> str:
    """What ``self`` is called: the last word of its class."""
    return snake(owner).rsplit("_", maxsplit=1)[-1]
