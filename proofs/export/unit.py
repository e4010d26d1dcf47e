"""The translation of a subject: one header and one source file, all that they need in them.

TRUSTED: what the public operations need is there, and nothing else is written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from impl.layout import Struct
from impl.words import WORD_BITS
from model.language.logic import Subject
from proofs import registry
from proofs.engine.path import EngineError
from proofs.export.comments import Comments
from proofs.export.erasure import erase
from proofs.export.facts import Facts, error_class
from proofs.export.functions import Functions, Written
from proofs.export.helpers import AT, HELPERS, HOOKS, LIBRARY, told
from proofs.export.inference import Kinds
from proofs.export.layout import Layout
from proofs.export.names import Names, reserved, snake
from proofs.export.program import Program, program_of
from proofs.export.text import broken
from proofs.export.views import find_mutated, find_unused
from proofs.export.zeros import Divisors
from proofs.registry import Mistake

WHENCE = "Written by `drystone export {subject}{word}`: change the Python, prove it, and export it again."
REFUSALS = {"ValueError": "An argument that is refused.", "ZeroDivisionError": "A division by 0."}


@dataclass(frozen=True)
class Unit:
    """What is written: two texts; and what a caller must know of the functions."""

    prefix: str
    header: str
    source: str
    program: Program
    names: Names
    public: tuple[Written, ...]


@dataclass
class Writer:
    """Puts the parts together."""

    program: Program
    subjects: tuple[Subject, ...]
    names: Names = field(init=False)
    kinds: Kinds = field(init=False)
    layout: Layout = field(init=False)
    written: list[Written] = field(init=False)

    def unit(self, operations: Iterable[str]) -> Unit:
        """Translate the operations of those names, and what they call."""
        self.kinds = Kinds(self.program)
        roots = list(self.program.roots(list(operations)))
        for function in roots:
            self.kinds.reach(function)
        facts = Facts(self.kinds, Divisors(self.kinds))
        facts.divisors.find()
        facts.find()
        erase(facts)
        find_unused(self.kinds, self.kinds.handed_on)
        find_mutated(self.kinds)
        prefix = snake(self.program.subject)
        self.names = Names(self.program, prefix, reserved(prefix))
        writer = Functions(facts, self.names)
        every = [writer.write(one) for one in self.kinds.order]
        self.comments = Comments(self.names, self.subjects)
        self.layout = Layout(self.program, self.names, self.comments, self.kinds)
        self.comments.constants.update({name: macro for name, macro, _ in self.layout.constants()})
        tags = {name: f"struct {self.names.struct(name)}" for name in sorted(self.names.views)}
        self.comments.structs.update({name: tag for name, tag in tags.items() if re.search("[a-z][A-Z]", name)})
        self.written = self._needed(every)
        header, source = self._header(), ""
        source = self._source(header)
        public = tuple(one for one in self.written if one.function.public)
        return Unit(self.names.prefix, header, source, self.program, self.names, public)

    def _needed(self, every: list[Written]) -> list[Written]:
        """The public functions, and those that are called from what is needed."""
        needed = [one for one in every if one.function.public]
        for one in needed:  # grows while it is walked over
            text = "\n".join(one.lines)
            thunks = [found for name, (found, _) in self.names.thunks.items() if mentioned(name, text)]
            for other in every:
                called = mentioned(self.names.function(other.function), text) or other.function in thunks
                if called and other not in needed:
                    needed.append(other)
        return [one for one in every if one in needed]

    # ------------------------------------------------------------ the header

    def _header(self) -> str:
        public = [one for one in self.written if one.function.public]
        heads = "\n".join(one.head for one in public)
        descriptors = self._descriptors()
        prototypes = [[*self.comments.of_function(one.function), f"{one.head};"] for one in public]
        parts = self._types(heads, descriptors)
        module = self.program.modules[self.program.heap.__module__]
        title = self.comments.block(f"{ast.get_docstring(module.tree) or ''}\n\n{self._whence()}")
        said = "\n".join("\n".join(part) for part in [title, *parts, *prototypes])
        guard = f"{self.names.capital}_H"
        opening = [f"#ifndef {guard}", f"#define {guard}"]
        includes = ["#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>"]
        external = ["#ifdef __cplusplus", 'extern "C" {', "#endif"]
        closing = ["#ifdef __cplusplus", "}", "#endif"]
        constants = self._constants(said)
        end = [f"#endif /* {guard} */"]
        middle = [*self._apart(constants), *self._statuses(), *parts, *self._hooks(), *prototypes]
        return joined([title, opening, includes, external, *middle, closing, end])

    def _whence(self) -> str:
        return WHENCE.format(subject=self.program.subject, word="" if WORD_BITS == 64 else f" --word {WORD_BITS}")

    def _descriptors(self) -> list[str]:
        """The structs that are the caller's: the heap's own, and those that a public comment names."""
        said = "\n".join(ast.get_docstring(one.function.node) or "" for one in self.written if one.function.public)
        own = self.program.struct(self.program.heap.__name__).__name__
        return [own, *(name for name in sorted(self.names.views) if name != own and mentioned(name, said))]

    def _types(self, text: str, descriptors: list[str]) -> list[list[str]]:
        """The types that a text needs, each after those that it is made of."""
        found: dict[str, list[str]] = {}

        def add(tag: str, lines: list[str]) -> None:
            for other, make in self._makers().items():
                if other != tag and re.search(rf"\bstruct {other}\b(?! \*)", "\n".join(lines)) and other not in found:
                    add(other, make())
            found[tag] = lines

        for name in descriptors:
            add(self.names.struct(name), self.layout.struct(name))
        for tag, make in list(self._makers().items()):
            if tag not in found and re.search(rf"\bstruct {tag}\b", text):
                add(tag, make())
        return list(found.values())

    def _makers(self) -> dict[str, Callable[[], list[str]]]:
        """Every type that the translation uses, and what writes its declaration."""
        names, layout = self.names, self.layout
        makers: dict[str, Callable[[], list[str]]] = {}
        makers |= {names.struct(one): partial(layout.record, one) for one in sorted(names.records)}
        makers |= {names.struct(one): partial(layout.struct, one) for one in sorted(names.views)}
        makers |= {name: partial(layout.optional, name, kind) for name, kind in list(names.optionals.items())}
        makers |= {name: partial(layout.callable, name, kind) for name, kind in list(names.callables.items())}
        return makers

    def _constants(self, said: str) -> list[list[str]]:
        """The constants that a text names, by their names in Python or in C, and how much a caller sets aside."""
        self.public_macros = {
            macro: lines
            for name, macro, lines in self.layout.constants()
            if mentioned(macro, said) or name == "DESCRIPTOR"
        }
        return list(self.public_macros.values())

    def _apart(self, parts: list[list[str]]) -> list[list[str]]:
        return [[line for part in parts for line in part]] if parts else []

    def _statuses(self) -> list[list[str]]:
        """The statuses, if a function gives one."""
        if not any(self.names.status_type in line for one in self.written for line in (one.head, *one.lines)):
            return []
        lines = ["typedef enum {", f"    {self.names.status('')} = 0,"]
        used = sorted(error for error in self.names.errors if error)
        for error in used:
            own = "" if error in REFUSALS else error_class(error).__doc__ or ""
            note = REFUSALS.get(error) or own.strip().splitlines()[0]
            lines += [f"    {line}" for line in self.comments.block(note)]
            lines.append(f"    {self.names.status(error)},")
        words = "/* How an operation ended; after anything but OK it has changed nothing, if its comment says so. */"
        return [[words, *lines, f"}} {self.names.status_type};"]]

    def _hooks(self) -> list[list[str]]:
        used = [name for name in HOOKS if f"hook {name}" in self.names.helpers]
        return [told(HOOKS[name], p=self.names.prefix).splitlines() for name in used]

    # ------------------------------------------------------------ the source

    def _source(self, header: str) -> str:
        bodies = [self._definition(one) for one in self.written]
        thunks = [self.layout.thunk(name, *self.names.thunks[name]) for name in self.names.thunks]
        text = "\n".join("\n".join(part) for part in [*bodies, *thunks])
        own = [name for name in sorted(self.names.views) if f"struct {self.names.struct(name)} {{" not in header]
        own = [name for name in own if mentioned(f"{self.names.struct(name)}(_at)?", text)]
        types = [lines for lines in self._types(text, own) if not self._is_in(lines, header)]
        helpers = self._helpers(text)
        whole = text + "\n".join("\n".join(part) for part in helpers)
        library = [line for call, line in LIBRARY.items() if call in whole]
        title = self.comments.block(f"{self.program.subject}: see the header. {self._whence()}")
        checked = [name for name in sorted(self.names.views) if self._is_declared(name, header, types)]
        head = [title, [f'#include "{self.names.prefix}.h"'], *self._apart(self._own_constants(text)), *types]
        functions = self._interleaved(bodies, thunks)
        return joined([*head, self.layout.checks(checked), library, *helpers, *functions])

    def _is_declared(self, name: str, header: str, types: list[list[str]]) -> bool:
        line = f"struct {self.names.struct(name)} {{"
        return line in header or any(line in lines for lines in types)

    def _is_in(self, lines: list[str], header: str) -> bool:
        head = next(line for line in lines if line.startswith("struct "))
        return head in header

    def _own_constants(self, text: str) -> list[list[str]]:
        """The constants that the code names and the header does not define."""
        own = {macro: lines for _, macro, lines in self.layout.constants()}
        sizes = {macro: lines for macro, lines in self.layout.sizes() if macro not in own}
        every = {**own, **sizes}
        return [
            lines
            for macro, lines in every.items()
            if macro not in self.public_macros and re.search(rf"\b{macro}\b", text)
        ]

    def _helpers(self, text: str) -> list[list[str]]:
        """The small functions that are called."""
        prefix = self.names.prefix
        tags = sorted(self.names.struct(name) for name in self.names.views)
        found = [told(AT, tag=tag).splitlines() for tag in tags if f"{tag}_at(" in text]
        found += [told(one, p=prefix).splitlines() for name, one in HELPERS.items() if f"{prefix}_{name}(" in text]
        return found

    def _interleaved(self, bodies: list[list[str]], thunks: list[list[str]]) -> list[list[str]]:
        """Each thunk behind the function that it calls."""
        result = []
        for one, body in zip(self.written, bodies, strict=True):
            result.append(body)
            result += [
                lines
                for (_, (found, _)), lines in zip(self.names.thunks.items(), thunks, strict=True)
                if found is one.function
            ]
        return result

    def _definition(self, one: Written) -> list[str]:
        comment = [] if one.function.public else self.comments.of_function(one.function)
        inline = "" if one.function.by_contract else "inline "
        static = "" if one.function.public else f"static {inline}"
        return [*comment, f"{static}{one.head}", "{", *one.lines, "}"]


def mentioned(name: str, text: str) -> bool:
    """Whether a name stands in a text."""
    return re.search(rf"\b{name}\b", text) is not None


def joined(sections: list[list[str]]) -> str:
    """Sections with blank lines between them."""
    return "\n\n".join("\n".join(part for line in lines for part in broken(line)) for lines in sections if lines) + "\n"


def unit_of(subject: str) -> Unit:
    """The translation of a registered subject."""
    proof, public = registry.proof_of(subject), registry.public_of(subject)
    operations = [one.name for one in public.operations]
    roots = (*(one.name for one in proof.subject.operations), "retired")
    if not issubclass(getattr(proof.module, proof.heap, object), Struct) and not (
        proof.outside.words or proof.outside.dictionaries
    ):
        raise Mistake(f"{subject} is no program in memory: only such are translated to C")
    state = proof.outside.state
    try:
        program = program_of(subject, proof.module, proof.heap, proof.parts, proof.says, roots, state=state)
    except EngineError as error:
        raise Mistake(str(error)) from error
    return Writer(program, (proof.subject, public)).unit(operations)
