"""The program that is translated: its modules, checked by the prover's own language, its functions, structs, records.

TRUSTED: what a name stands for is what CPython finds under it, and a function is the text that was checked.

A construct that has no translation is an error with file, line and what to write instead.
"""

from __future__ import annotations

import ast
import dataclasses
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from impl.layout import Field, Struct
from proofs.engine import heads
from proofs.engine.annotations import Names
from proofs.engine.edition import checked, refuse
from proofs.engine.expressions import State
from proofs.engine.modules import Module
from proofs.export.kinds import NEVER, Kind
from proofs.registry import Mistake


class Untranslatable(Mistake):
    """What has no translation to C: ``file``, ``line``, what it is and what to write instead."""

    def __init__(self, file: str, line: int, construct: str, instead: str) -> None:
        super().__init__(f"{file}:{line}: {construct} is not translated to C: {instead}")
        self.file, self.line, self.construct, self.instead = file, line, construct, instead


@dataclass(eq=False)
class Parameter:
    """One parameter: its name, the kind of its values, its default, and whether no call gives it a 0."""

    name: str
    kind: Kind
    default: ast.expr | None
    never_zero: bool = False


@dataclass(eq=False)
class Function:
    """One function of the program; ``owner`` is its class, "" for none; the other parts are found out step by step.

    A function of a part of a struct is the struct's; ``declared_in`` is the class in whose text it stands.

    ``errors`` are the errors with which it can end, ``acts`` tells whether it changes anything or asks the machine,
    ``looks`` whether it loads, ``empty`` whether nothing of it is left once ghosts are erased; ``mutated`` are the
    parameters that are views through which it may store, ``unused`` those of which nothing is left.
    """

    module: Module
    owner: str
    node: ast.FunctionDef
    public: bool = False
    parameters: list[Parameter] = field(default_factory=list)
    locals: dict[str, Kind] = field(default_factory=dict)
    result: Kind = NEVER
    errors: frozenset[str] = frozenset()
    acts: bool = False
    looks: bool = False
    empty: bool = False
    body: list[ast.stmt] = field(default_factory=list)
    mutated: frozenset[str] = frozenset()
    unused: frozenset[str] = frozenset()
    c_name: str = ""
    declared_in: str = ""

    @property
    def name(self) -> str:
        """Its name in Python."""
        return self.node.name

    @property
    def of_class(self) -> bool:
        """Whether it is a class method."""
        return self._has("classmethod")

    @property
    def by_contract(self) -> bool:
        """Whether the proof calls it by its contract; what is no operation it executes wherever it is called."""
        return self._has("by_contract")

    def _has(self, decorator: str) -> bool:
        return any(isinstance(one, ast.Name) and one.id == decorator for one in self.node.decorator_list)

    def refusal(self, node: ast.AST, construct: str, instead: str) -> Untranslatable:
        """What stands at ``node`` has no translation."""
        line = getattr(node, "lineno", self.node.lineno)
        return Untranslatable(self.module.file, line, construct, instead)


@dataclass
class Program:
    """All modules of a subject, by name, and what they declare, by the name of the class."""

    subject: str
    modules: dict[str, Module]
    heap: type[Struct]
    functions: dict[tuple[str, str, str], Function] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    runtime: dict[str, type] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for module in self.modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.FunctionDef):
                    self.functions[module.name, "", node.name] = Function(module, "", node)
                elif isinstance(node, ast.ClassDef):
                    self._declare(module, node)
        for function in self.functions.values():
            function.owner = self.whole(function.owner)

    def _declare(self, module: Module, node: ast.ClassDef) -> None:
        self.classes[node.name] = node
        self.runtime[node.name] = getattr(sys.modules[module.name], node.name)
        for member in node.body:
            if isinstance(member, ast.FunctionDef):
                found = Function(module, node.name, member, declared_in=node.name)
                self.functions[module.name, node.name, member.name] = found

    # ------------------------------------------------------------ names

    def value(self, module: Module, name: str) -> Any:
        """What a name at the head of a module stands for, as CPython has it."""
        return getattr(sys.modules[module.name], name)

    def value_of(self, function: Function) -> Any:
        """A function of a module, as CPython has it."""
        return self.value(function.module, function.name)

    def function(self, found: Any) -> Function | None:
        """The function of the program that CPython finds as ``found``."""
        return self.functions.get((getattr(found, "__module__", ""), "", getattr(found, "__name__", "")))

    def method(self, owner: str, name: str, beyond: str = "") -> Function | None:
        """The method of a class, its own or the nearest that it inherits; only from behind the base ``beyond`` on."""
        bases = self.runtime[owner].__mro__
        for one in bases[bases.index(self.runtime[beyond]) + 1 :] if beyond else bases:
            if found := self.functions.get((one.__module__, one.__name__, name)):
                return found
        return None

    def overridden(self, function: Function) -> str:
        """A struct derived from the function's class that has another function of its name; "" if there is none."""
        base = self.runtime[function.owner]
        below = (one for one in self.runtime.values() if issubclass(one, base) and one is not base)
        return next((one.__name__ for one in below if function.name in vars(one)), "")

    # ------------------------------------------------------------ structs and records

    def is_struct(self, name: str) -> bool:
        """Whether a class is a struct."""
        return isinstance(self.runtime.get(name), type) and issubclass(self.runtime[name], Struct)

    def struct(self, name: str) -> type[Struct]:
        """The struct whose layout a struct has: the one that has a size."""
        found: type[Struct] = self.runtime[name]
        return next(one for one in reversed(found.__mro__) if issubclass(one, Struct) and one.SIZE)

    def whole(self, name: str) -> str:
        """The struct of which a class is a part; the class itself if it is none."""
        if not self.is_struct(name) or self.runtime[name].SIZE:  # type: ignore[attr-defined]
            return name
        below = [one for one in self.runtime.values() if issubclass(one, self.runtime[name]) and "SIZE" in vars(one)]
        if len(below) != 1:
            structs = " and ".join(sorted(one.__name__ for one in below))
            line, file = self.classes[name].lineno, self.module_of(name).file
            raise Untranslatable(file, line, f"{name}, which is a part of {structs},", "give each struct its own")
        return below[0].__name__

    def field(self, struct: str, name: str) -> Field[Any] | None:
        """A field of a struct."""
        return next((one for one in self.struct(struct).FIELDS if one.name == name), None)

    def parts(self, record: str) -> list[tuple[str, ast.expr]]:
        """The parts of a record, each with what is written of its type, in order."""
        members = self.classes[record].body
        return [(ast.unparse(one.target), one.annotation) for one in members if isinstance(one, ast.AnnAssign)]

    def module_of(self, name: str) -> Module:
        """The module that declares a class."""
        return self.modules[self.runtime[name].__module__]

    def is_record(self, name: str) -> bool:
        """Whether a class is a record."""
        found = self.runtime.get(name)
        whole = isinstance(found, type) and (hasattr(found, "_fields") or dataclasses.is_dataclass(found))
        return whole and not self.is_struct(name)

    # ------------------------------------------------------------ what is asked for

    def roots(self, operations: Sequence[str]) -> Iterator[Function]:
        """The functions that do the operations of those names; an operation that only reads a field has none."""
        for name in operations:
            found = self.method(self.heap.__name__, name) or next(
                (one for (_, owner, own), one in self.functions.items() if not owner and own == name), None
            )
            if found is not None:
                found.public = True
                yield found
            elif self.field(self.heap.__name__, name) is None:
                raise Mistake(f"{self.subject}: no function does the operation {name}: name it as the operation")


def program_of(
    subject: str,
    module: types.ModuleType,
    heap: str,
    parts: tuple[types.ModuleType, ...] = (),
    names: Names | None = None,
    operations: Sequence[str] = (),
    source: str | None = None,
    state: State | None = None,
) -> Program:
    """The program of a subject; refused if a function that an operation can reach is not in the language.

    ``source`` is the module's text, if that is not in its file; ``state`` is what it keeps outside memory.
    """
    found = checked(module, source, parts, (), state or State(), names or Names())
    refuse(found, operations or None)
    for one in found.modules.values():
        if held := [name for name, kind in one.names.items() if kind is heads.Kind.HOLDER]:
            line = next(node.lineno for node in one.tree.body if isinstance(node, ast.ClassDef) and node.name in held)
            raise Untranslatable(one.file, line, f"state outside memory ({held[0]})", "keep it in a struct's fields")
    return Program(subject, found.modules, getattr(sys.modules[module.__name__], heap))
