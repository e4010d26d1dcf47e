"""The names that the C has: all that are seen outside a function begin with the subject's name.

TRUSTED: two things never get one name.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from proofs.export.declared import declared
from proofs.export.kinds import WORD_TYPE, Kind, settled
from proofs.export.program import Function, Program
from proofs.registry import Mistake

KEYWORDS = frozenset(
    (
        *("NULL", "UINT32_C", "UINT64_C", "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor"),
        *("bool", "break", "case", "catch", "char", "class", "compl", "const", "const_cast", "constexpr"),
        *("continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum"),
        *("errno", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if"),
        *("inline", "int", "linux", "long", "memcpy", "memset", "mutable", "namespace", "new"),
        *("noexcept", "not", "not_eq", "nullptr", "offsetof", "operator", "or", "or_eq", "private"),
        *("protected", "public", "register", "reinterpret_cast", "restrict", "return", "short", "signed"),
        *("size_t", "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template"),
        *("this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "uint16_t"),
        *("uint32_t", "uint64_t", "uint8_t", "uintptr_t", "union", "unix", "unsigned", "using"),
        *("virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq"),
    )
)
"""What no local is called: words of C and of C++, and names of the C library that the text uses."""
PLAIN = {"word": WORD_TYPE, "int": "int", "bool": "bool", "array": "const uint8_t *"}


def snake(name: str) -> str:
    """``FrameRecord`` as ``frame_record``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.lstrip("_")).lower()


@dataclass
class Names:
    """The names of one subject's C; ``used`` are the helpers, structs of kinds, and constants that it turned out to
    need."""

    program: Program
    prefix: str
    taken: dict[str, object] = field(default_factory=dict)
    optionals: dict[str, Kind] = field(default_factory=dict)
    callables: dict[str, Kind] = field(default_factory=dict)
    thunks: dict[str, tuple[Function, Kind]] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)
    constants: dict[str, int] = field(default_factory=dict)
    views: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)

    @property
    def capital(self) -> str:
        """The prefix of macros."""
        return self.prefix.upper()

    def own(self, name: str, what: object) -> str:
        """A name seen outside a function, which nothing else has."""
        if self.taken.setdefault(name, what) != what:
            raise Mistake(f"{self.program.subject}: two things would be called {name} in C: rename one")
        return name

    def function(self, function: Function) -> str:
        """A function's name."""
        if not function.c_name:
            own = function.name.strip("_")
            between = "" if function.owner in ("", *self._heaps()) else f"{snake(function.owner)}_"
            name = f"{self.prefix}_{between}{own}"
            if name in self.taken:
                name = f"{self.prefix}_{snake(function.owner) or 'module'}_{own}"
            function.c_name = self.own(name, function)
        return function.c_name

    def _heaps(self) -> list[str]:
        return [one.__name__ for one in self.program.heap.__mro__]

    def struct(self, name: str) -> str:
        """The tag of a struct's or a record's type."""
        if self.program.is_struct(name):
            root = self.program.struct(name)
            self.views.add(root.__name__)
            name = root.__name__
        else:
            self.records.add(name)
        self.own(f"struct {snake(name)}", name)
        tag = snake(name)
        heap = self.program.struct(self.program.heap.__name__).__name__
        return self.prefix if tag == self.prefix or name == heap == self.prefix else f"{self.prefix}_{tag}"

    def constant(self, name: str, value: int) -> str:
        """The macro of a constant."""
        written = self.own(f"{self.capital}_{name.strip('_').upper()}", "constant")
        if self.constants.setdefault(written, value) != value:
            raise Mistake(f"{self.program.subject}: two constants are called {name}, but differ: rename one")
        return written

    def status(self, error: str) -> str:
        """The status that stands for an error; "" for none."""
        self.errors.add(error)
        return self.own(f"{self.capital}_{snake(error).upper() if error else 'OK'}", "status")

    @property
    def status_type(self) -> str:
        """The type of statuses."""
        return self.own(f"{self.prefix}_status", "the type of statuses")

    def helper(self, name: str) -> str:
        """A small function of the translation's own."""
        self.helpers.add(name)
        return self.own(f"{self.prefix}_{name}", f"helper {name}")

    def at(self, struct: str) -> str:
        """The function that views an address as a struct."""
        tag = self.struct(struct)
        self.helpers.add(f"at {self.program.struct(struct).__name__}")
        return self.own(f"{tag}_at", f"view {self.program.struct(struct).__name__}")

    def type(self, kind: Kind) -> str:
        """The type of a kind's values, a pointer with its star and no blank behind it."""
        kind = settled(kind)
        if kind.is_ in PLAIN:
            return PLAIN[kind.is_]
        if kind.is_ == "view":
            return f"struct {self.struct(kind.name)} *"
        if kind.is_ == "record":
            return f"struct {self.struct(kind.name)}"
        if kind.is_ == "optional":
            name = f"{self.prefix}_optional_{self._short(kind.parts[0])}"
            self.optionals[name] = kind
            return f"struct {name}"
        if kind.is_ == "callable":
            named = (name for name, one in self.callables.items() if one == kind)
            name = next(named, "") or f"{self.prefix}_{self._callable(kind)}"
            self.callables[name] = kind
            return f"struct {name}"
        raise Mistake(f"{self.program.subject}: a {kind} has no type in C: keep words, truths, views and records")

    def _short(self, kind: Kind) -> str:
        return snake(kind.name) if kind.name else kind.is_

    def _callable(self, kind: Kind) -> str:
        """What the program calls the type; else a number."""
        for module in self.program.modules.values():
            for node in (one for one in module.tree.body if isinstance(one, ast.Assign)):
                if declared(self.program, "", node.targets[0]) == kind:
                    return snake(ast.unparse(node.targets[0]))
        known = [one for one in self.callables.values() if one != kind]
        return f"callback_{len(known) + 1}" if known else "callback"

    def declaration(self, kind: Kind, name: str) -> str:
        """``type name``, as C writes it."""
        written = self.type(kind)
        return f"{written}{name}" if written.endswith("*") else f"{written} {name}"


def reserved(prefix: str) -> dict[str, object]:
    """Names that every header or source file has."""
    own: dict[str, object] = dict.fromkeys((f"{prefix.upper()}_H", f"{prefix.upper()}_CHECK"), "the translation's own")
    return {**own, f"{prefix.upper()}_OK": "status"}


def local(name: str) -> str:
    """The name of a local or a parameter."""
    own = name.strip("_") or "unnamed"
    return f"{own}_" if own in KEYWORDS else own
