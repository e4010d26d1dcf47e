"""Which of the tool's own files a subject's proof consists of: what its modules import, however indirectly.

TRUSTED: a file that can decide what is found out about a subject is among those that count for it.

What counts for a subject of this tree are the engine, the subject's own modules, and what any of these imports, found
in the texts: an import counts wherever it stands, in a function too.  Where a text could import what it does not name,
every file counts, and so it does of a subject of a project, or of one that was put together elsewhere.

A module that does not count may be loaded all the same, and could reach into one that does.  So what the modules that
count hold counts, too (holdings.py).
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import proofs
from proofs.alias import TOP
from proofs.engine import program
from proofs.engine.cache import Cache
from proofs.engine.depends import Texts
from proofs.engine.holdings import State
from proofs.engine.operation import Proof

HERE = proofs.__name__
ENGINE = f"{HERE}.engine.gathering"
ANYTHING = "?"
"""Stands for imports that a text does not name."""
DYNAMIC = {"import_module", "__import__", "exec", "eval", "spec_from_file_location", "run_module", "run_path"}
NAMED = {f"{HERE}.alias", f"{HERE}.engine.edition", f"{HERE}.engine.entered", f"{HERE}.engine.closure"}
"""Modules that import by names which they are told: program modules, all of which the texts of programs name."""
BLOCKS = {"body", "orelse", "finalbody", "handlers", "cases"}
"""The fields of a statement that hold statements, or what holds some."""
IMPORTS, NAMES = "imports", "{} names"


@dataclass
class Closure:
    """The imports of the tool's own files; what was read of a text is remembered in ``cache`` by its digest."""

    cache: Cache
    state: State = field(default_factory=State)
    _new: bool = False
    _all: bool = False
    _read: dict[str, frozenset[str]] = field(default_factory=dict)
    _reached: dict[tuple[str, ...], frozenset[str] | None] = field(default_factory=dict)

    def of_proof(self, proof: Proof, texts: Iterable[str] = ()) -> frozenset[str] | None:
        """The modules that count for executing the operations of a subject, in variants of which these are texts.

        None if all do.
        """
        name = f"{HERE}.{proof.subject.name}.proof"
        if getattr(sys.modules.get(name), "PROOF", None) is not proof:
            self._all = True
            return None
        more = {one for text in texts for one in imports_of(text)}
        return self.of([ENGINE, name, *sorted(more)])

    def of(self, roots: Iterable[str], named: Collection[str] = ()) -> frozenset[str] | None:
        """These modules and all that they import; None if one may import anything, beside those that are ``named``."""
        key = (*roots, "but", *sorted(named))
        if key not in self._reached:
            self._reached[key] = self._of(key[: key.index("but")], {*NAMED, *named})
        return self._reached[key]

    def _of(self, roots: Iterable[str], named: Collection[str]) -> frozenset[str] | None:
        reached: set[str] = set()
        waiting = list(roots)
        while waiting:
            module = waiting.pop()
            if module in reached:
                continue
            if module == ANYTHING:
                return None
            reached.add(module)
            waiting += [one for one in self._imported(module) if one != ANYTHING or module not in named]
        return frozenset(reached & self._files.keys())

    def texts(self, name: str, modules: frozenset[str] | None, variants: Mapping[str, str]) -> Texts:
        """The texts for which these modules count, in these variants; what is known of them is kept under a name."""
        found = Texts(variants, modules)
        return found if modules is None else replace(found, known=self._known_among(found, name, modules))

    def _known_among(self, texts: Texts, name: str, modules: Collection[str]) -> frozenset[str]:
        """The names of program functions that a text mentions which is none of a function, as a word anywhere."""
        files = [(module, file) for module, file in self.files(modules) if module not in texts.in_pieces]
        names = sorted(texts.names)
        mark = hashlib.sha256(repr([names, *(program.digest_of(file) for _, file in files)]).encode()).hexdigest()
        found = self.cache.recall(NAMES.format(name), mark)
        if found is None:
            words = frozenset[str]().union(*(program.words_in(file) for _, file in files))
            found = sorted(words.intersection(names))
            self.cache.remember(NAMES.format(name), mark, found, lasting=True)
        return frozenset(found) | texts.named_by_heads

    def files(self, modules: Iterable[str]) -> list[tuple[str, Path]]:
        """The source files of these modules, by the name of the module."""
        return [(module, file) for module in sorted(modules) for file in self._files[module]]

    def of_story(self, subject: str) -> frozenset[str] | None:
        """The modules that count for playing the scenario of a subject; None if all do.

        What runs subjects is loaded by its name, so all of it counts, and of each subject that is reached what runs it.
        """
        records = [module for module in self._files if module.startswith(f"{HERE}.") and module.endswith(".record")]
        if f"{HERE}.{subject}.record" not in records:
            self._all = True
            return None
        parts = [f"{HERE}.checking", f"{HERE}.maps"]
        roots = [one for part in (*parts, f"{HERE}.{subject}", f"model.{subject}") for one in self.below(part)]
        found = frozenset(records)
        while (now := self.of(sorted({*found, *roots}), [*self._files])) is not None and now != found:
            found = now
            others = {one.split(".")[-2] for one in found if one.endswith(".proof")}
            roots = [one for other in others for one in self.below(f"{HERE}.{other}.live")]
        return now

    def counted(self) -> set[Path] | None:
        """The files that counted for anything so far; None if all did."""
        every = [*self._reached.values(), *([None] if self._all else [])]
        known = [modules for modules in every if modules is not None]
        return {file for modules in known for _, file in self.files(modules)} if len(known) == len(every) else None

    def below(self, package: str) -> list[str]:
        """The modules of a package."""
        return [module for module in self._files if module == package or module.startswith(f"{package}.")]

    def keep(self) -> None:
        """Remember what was read of the texts."""
        if self._new:
            digests = {program.digest_of(file) for files in self._files.values() for file in files}
            known = {digest: found for digest, found in self._known.items() if digest in digests}
            self.cache.remember(IMPORTS, "", known, lasting=True)
            self._new = False

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        """Module -> its file; a package may have two, of which Python takes one."""
        found: dict[str, list[Path]] = {}
        for name, file in program.own_files():
            found.setdefault(program.module_in(name).removesuffix(".__init__"), []).append(file)
        return found

    @cached_property
    def _known(self) -> dict[str, list[str]]:
        known: dict[str, list[str]] = self.cache.recall(IMPORTS, "") or {}
        return known

    def _imported(self, module: str) -> frozenset[str]:
        """What the texts of a module import, as far as it is own, and the packages around it."""
        if module not in self._read:
            self._read[module] = frozenset(one for one in self._named(module) if one in self._files or one == ANYTHING)
        return self._read[module]

    def _named(self, module: str) -> set[str]:
        found = {*packages_of(module)}
        for file in self._files.get(module, ()):
            digest = program.digest_of(file)
            if digest not in self._known:
                self._known[digest] = sorted(imports_of(program.text_in(file)))
                self._new = True
            for one in self._known[digest]:
                found |= {one, *packages_of(one)}
        return found


def packages_of(module: str) -> Iterator[str]:
    """The packages around a module."""
    parts = module.split(".")
    return (".".join(parts[:number]) for number in range(1, len(parts)))


def imports_of(text: str) -> set[str]:
    """The modules that a text may import by their names; ANYTHING with them if it may import others."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {ANYTHING}
    is_plain = text.isascii() and not any(name in text for name in DYNAMIC)  # a name may be spelt with other letters
    nodes = _statements(tree) if is_plain else ast.walk(tree)
    return {one.removeprefix(f"{TOP}.") if HERE == "proofs" else one for node in nodes for one in _named(node)}


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements of a text, whatever they stand in: no expression holds one."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field_ in BLOCKS.intersection(node._fields):
            waiting += getattr(node, field_)


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level or any(alias.name == "*" for alias in node.names):
            yield ANYTHING
        yield from (node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))
        if any(alias.name in DYNAMIC for alias in node.names):
            yield ANYTHING
    elif (isinstance(node, ast.Name) and node.id in DYNAMIC) or (
        isinstance(node, ast.Attribute) and node.attr in DYNAMIC
    ):
        yield ANYTHING
