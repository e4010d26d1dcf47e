"""Structs, records and constants of the program, as C declares them.

TRUSTED: every field lies where the proof says that it lies; the compiler checks it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from impl.words import WORD_BITS
from proofs.engine.heads import Kind as Head
from proofs.engine.modules import Module
from proofs.export.comments import Comments
from proofs.export.constants import is_number
from proofs.export.inference import Kinds, Reader
from proofs.export.kinds import WORD_END, WORD_MACRO, Kind
from proofs.export.names import KEYWORDS, Names
from proofs.export.program import Function, Program
from proofs.export.writing import INDENT
from proofs.registry import Mistake


@dataclass
class Layout:
    """Writes declarations."""

    program: Program
    names: Names
    comments: Comments
    kinds: Kinds

    # ------------------------------------------------------------ structs

    def struct(self, name: str) -> list[str]:
        """A struct in memory, its padding written out."""
        found = self.program.struct(name)
        tag, at, lines = self.names.struct(name), 0, []
        for field in found.FIELDS:
            if field.name in KEYWORDS:
                raise Mistake(f"{self.program.subject}: {name}.{field.name} means something in C: rename the field")
            lines += self._padding(at, field.offset)
            note = self.comments.after("a flag: 0, or anything else for true") if field.kind == "flag" else ""
            lines.append(f"{INDENT}uint{8 * field.width}_t {field.name};{note}")
            at = field.offset + field.width
        lines += self._padding(at, found.SIZE)
        return [*self._words(name), f"struct {tag} {{", *lines, "};"]

    def _padding(self, start: int, end: int) -> list[str]:
        return [f"{INDENT}uint8_t padding_{start}[{end - start}];"] if end > start else []

    def _words(self, name: str) -> list[str]:
        return self.comments.block(ast.get_docstring(self.program.classes[name]) or "")

    def checks(self, names: list[str]) -> list[str]:
        """What the compiler must find of the layout of structs."""
        if not names:
            return []
        check = f"{self.names.capital}_CHECK"
        lines = [
            "/* The layout of which everything is proved: a field elsewhere does not compile. */",
            f"#define {check}(name, holds) typedef char {self.names.prefix}_check_##name[(holds) ? 1 : -1]",
        ]
        for name in names:
            tag = self.names.struct(name)
            found = self.program.struct(name)
            for field in found.FIELDS:
                place = f"offsetof(struct {tag}, {field.name}) == {field.offset}"
                lines.append(f"{check}({tag}_{field.name}, {place});")
            lines.append(f"{check}({tag}, sizeof(struct {tag}) == {found.SIZE});")
        return lines

    def record(self, name: str) -> list[str]:
        """A record, passed by value."""
        reader = Reader(self.kinds, next(iter(self.program.functions.values())))
        lines = []
        for part, _ in self.program.parts(name):
            if part in KEYWORDS:
                raise Mistake(f"{self.program.subject}: {name}.{part} means something in C: rename the part")
            lines.append(f"{INDENT}{self.names.declaration(reader.part(name, part), part)};")
        return [*self._words(name), f"struct {self.names.struct(name)} {{", *lines, "};"]

    def optional(self, name: str, kind: Kind) -> list[str]:
        """A value, or None."""
        inner = self.names.declaration(kind.parts[0], "value")
        words = "/* A value, if it is present; else none, and value means nothing. */"
        return [words, f"struct {name} {{", f"{INDENT}bool present;", f"{INDENT}{inner};", "};"]

    def callable(self, name: str, kind: Kind) -> list[str]:
        """What can be called, and what it looks at."""
        given = "".join(f", {self.names.declaration(part, f'argument_{n}')}" for n, part in enumerate(kind.parts[:-1]))
        result = "void" if kind.parts[-1].is_ == "none" else self.names.type(kind.parts[-1])
        call = f"{INDENT}{result} (*call)(void *context{given});"
        words = "/* What is called, and the context that it is handed first. */"
        return [words, f"struct {name} {{", call, f"{INDENT}void *context;", "};"]

    def thunk(self, name: str, function: Function, kind: Kind) -> list[str]:
        """A function of the program, in the shape in which it is called through a pointer."""
        given = [self.names.declaration(part, f"argument_{n}") for n, part in enumerate(kind.parts[:-1])]
        passed = [f"argument_{n}" for n in range(len(given))]
        if function.owner:
            owner = self.names.struct(function.owner)
            passed.insert(0, f"*(const struct {owner} *)context")
        nothing = kind.parts[-1].is_ == "none"
        result = "void" if nothing else self.names.type(kind.parts[-1])
        call = f"{self.names.function(function)}({', '.join(passed)})"
        lines = [] if function.owner else [f"{INDENT}(void)context;"]
        lines.append(f"{INDENT}{call};" if nothing else f"{INDENT}return {call};")
        return [f"static {result} {name}({', '.join(['void *context', *given])})", "{", *lines, "}"]

    # ------------------------------------------------------------ constants

    def constants(self) -> Iterator[tuple[str, str, list[str]]]:
        """Every constant of the program that is a word: its name, its macro and its definition, in order.

        One whose macro stands for something else is left out.
        """
        for module in self.program.modules.values():
            nodes = module.tree.body
            for number, node in enumerate(nodes):
                if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                    continue
                name = node.targets[0].id
                value = self.program.value(module, name) if module.names.get(name) is Head.CONSTANT else None
                if isinstance(value, int) and is_number(value) and 0 <= value < WORD_END and name != "NULL":
                    following = nodes[number + 1] if number + 1 < len(nodes) else None
                    macro = f"{self.names.capital}_{name.strip('_').upper()}"
                    known = self.names.taken.setdefault(macro, "constant") == "constant"
                    if not known or self.names.constants.setdefault(macro, value) != value:
                        continue
                    yield name, macro, self._definition(module, node, macro, value, following)

    def _definition(
        self, module: Module, node: ast.Assign, macro: str, value: int, following: ast.stmt | None
    ) -> list[str]:
        written = ast.get_source_segment(module.text, node.value) or ""
        plain = isinstance(node.value, ast.Constant)
        number = written.replace("_", "") if plain and written[:2] in ("0x", "0X") else written_number(value)
        said = following.value if isinstance(following, ast.Expr) else None
        words = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
        note = "" if plain or self.comments.worded(written) == number else self.comments.after(written)
        return [*self.comments.block(" ".join(words.split())), f"#define {macro} {WORD_MACRO}({number}){note}"]

    def sizes(self) -> Iterator[tuple[str, list[str]]]:
        """The sizes of structs that are used as numbers."""
        for macro, value in self.names.constants.items():
            yield macro, [f"#define {macro} {WORD_MACRO}({written_number(value)})"]


def written_number(value: int) -> str:
    """A number as it is easier to read."""
    return hex(value) if value >= 1 << WORD_BITS // 2 else str(value)
