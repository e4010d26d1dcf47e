"""What a result depends on: the heads of all programs, every other file as a whole, and the functions that ran.

So an edit of one function leaves standing what was found out without it.

TRUSTED: what is remembered of one text is not taken for another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from proofs.checking.ends import End
from proofs.engine import entered, program
from proofs.engine.pieces import Piece, Pieces, key_of, last, pieces_of

if TYPE_CHECKING:
    from proofs.engine.operation import Proof

Function = tuple[str, str, int, Sequence[int]]
"""A function that ran: its key (pieces.py), the digest of what it says, the line of its ``def``, its other lines.

The last one of several is NAMED, with the digest of what the names that they mention stand for.
"""
NAMED = "*"
PLACE = re.compile(r"(?P<name>\w+)(?P<file>\.py)?:(?P<line>\d+)(?: in (?P<function>\w+))?")
"""A line, as obligations and ends name it: "free:118", "segment_heap.py:128 in free"."""


@dataclass
class Texts:
    """The texts of a run: ``variants`` take, for the prover, the place of what is in the files, by module.

    A variant that says what the file says, but for some functions, differs from it in these alone.  ``modules`` are
    those that count (closure.py), by default all; a function of any other name than those that are ``known`` outside of
    functions counts for who mentions it, by default for everybody.
    """

    variants: Mapping[str, str] = field(default_factory=dict)
    modules: Collection[str] | None = None
    known: Collection[str] | None = None

    def fingerprint(self, files: Collection[tuple[str, Path]] | None = None) -> str:
        """Of all that counts as a whole, and of the heads of all that is in pieces: of these modules, or of all."""
        heads = [(module, self._head(module, text)) for module, text in sorted(self.variants.items())]
        heads = [(module, head) for module, head in heads if head != self._own_head(module)]
        return hashlib.sha256(f"{program.fingerprint_in_pieces(files, self.known)} {heads}".encode()).hexdigest()

    def functions(self, keys: Iterable[str]) -> tuple[Function, ...]:
        """Those of the functions that are pieces; what is none counts by its module's head."""
        found = {key: piece for key in keys if (piece := self._piece(key)) is not None}
        told = [(key, piece.digest, piece.line, piece.lines) for key, piece in found.items()]
        return (*told, (NAMED, self._named(found.values()), 0, ())) if told else ()

    def are_current(self, functions: Iterable[Function]) -> bool:
        """Whether every one of the functions still says the same, and what they mention is still the same."""
        pieces: list[Piece] = []
        for key, digest, _, _ in functions:
            piece = None if key == NAMED else self._piece(key)
            if digest != (self._named(pieces) if key == NAMED else piece and piece.digest):
                return False
            pieces += [piece] if piece else []
        return True

    def _named(self, pieces: Iterable[Piece]) -> str:
        """The digest of the heads of all functions that are mentioned in these, wherever they lie."""
        names = set[str]().union(*(piece.names for piece in pieces))
        there = [(key, head) for name in sorted(names & self._heads.keys()) for key, head in self._heads[name]]
        return hashlib.sha256(repr(there).encode()).hexdigest()

    @cached_property
    def _heads(self) -> dict[str, list[tuple[str, str]]]:
        """The functions of each name, with the digests of their heads: in the texts that are proved, and in files."""
        found: dict[str, list[tuple[str, str]]] = {}
        for module in self.in_pieces:
            for text in dict.fromkeys((self.variants.get(module), None)):
                for name, piece in _pieces(module, text).functions.items():
                    found.setdefault(last(name), []).append((key_of(module, name), piece.head))
        return found

    @property
    def names(self) -> Collection[str]:
        """The names of all functions that are pieces."""
        return self._heads.keys()

    @property
    def named_by_heads(self) -> frozenset[str]:
        """What the heads of programs mention, in the texts that are proved and in the files."""
        texts = [(module, text) for module in self.in_pieces for text in (self.variants.get(module), None)]
        return frozenset[str]().union(*(_pieces(module, text).names for module, text in texts))

    @cached_property
    def in_pieces(self) -> list[str]:
        """The modules that count, as far as they are in pieces."""
        every = self.modules if self.modules is not None else [module for module, _ in program.own_modules()]
        return sorted(module for module in {*every, *self.variants} if entered.is_in_pieces(module))

    def moved(self, functions: Iterable[Function]) -> Callable[[str], str]:
        """What makes of a text that names lines of these functions one that names them where they are now."""
        places: dict[str, list[tuple[dict[int, int], Piece]]] = {}
        for key, _, line, lines in functions:
            piece = None if key == NAMED else self._piece(key)
            if piece is not None and (piece.line, *piece.lines) != (line, *lines):
                numbers = {line + one: number for number, one in enumerate(lines)}
                places.setdefault(last(key.split(" ")[1]), []).append((numbers, piece))
        return partial(PLACE.sub, partial(_moved, places)) if places else str

    def relative(self, modules: Iterable[str], end: End) -> tuple[str, ...]:
        """An end of functions of some modules, its lines counted from the ``def`` of the function that each is in."""
        found = [_pieces(module, self.variants.get(module)).functions for module in modules]
        pieces = {name: piece for functions in found for name, piece in functions.items()}
        return tuple(PLACE.sub(partial(_relative, pieces), part) for part in end)

    def _piece(self, key: str) -> Piece | None:
        """What a function says in the text that is proved, and in the file, which is what runs by itself."""
        module, name = key.split(" ")
        if not entered.is_in_pieces(module):
            return None
        found = _pieces(module, self.variants.get(module)).functions.get(name)
        if module not in self.variants or found is None:
            return found
        own = _pieces(module, None).functions.get(name)
        if own is None or own.digest == found.digest:
            return found if own else None
        return replace(found, digest=found.digest + own.digest)

    def _head(self, module: str, text: str) -> str:
        """What counts of a variant in any case; the same as of the file if that says the same."""
        return pieces_of(text).counted(self.known) if entered.is_in_pieces(module) else text

    def _own_head(self, module: str) -> str:
        """The same of a module's file; "" of what is not in pieces."""
        return _pieces(module, None).counted(self.known) if entered.is_in_pieces(module) else ""


def variants_of(proof: Proof, sources: Mapping[str, str]) -> dict[str, str]:
    """The variants of a subject by module; ``sources`` are such by the name of a subject, or of a module."""
    own = {proof.subject.name: proof.module.__name__}
    return {own.get(name, name): text for name, text in sources.items()}


def ran() -> list[str]:
    """The functions of all that is in pieces that ran in this process."""
    return entered.entered_in([module for module in entered.WATCHED if entered.is_in_pieces(module)])


def _pieces(module: str, variant: str | None) -> Pieces:
    """The pieces of a module, of a variant of it or of its file."""
    if variant is not None:
        return pieces_of(variant)
    file = program.file_of(module)
    return pieces_of(program.text_in(file)) if file is not None else Pieces("", {})


def _moved(places: Mapping[str, Collection[tuple[dict[int, int], Piece]]], found: re.Match[str]) -> str:
    """The same place where it is now."""
    name, line = found["function"] or found["name"], int(found["line"])
    for numbers, piece in places.get(name, ()):
        if line in numbers:
            now = f"{found['name']}{found['file'] or ''}:{piece.line + piece.lines[numbers[line]]}"
            return now + (f" in {found['function']}" if found["function"] else "")
    return found[0]


def _relative(pieces: Mapping[str, Piece], found: re.Match[str]) -> str:
    """The same place, by its number among the lines of its function on which anything stands."""
    line = int(found["line"])
    for name, piece in pieces.items():
        if last(name) == found["name"] and line - piece.line in piece.lines:
            return f"{name}+{piece.lines.index(line - piece.line)}"
    return found[0]


def exists(file: str, digest: str) -> bool:
    """Whether a file is still there and holds what it held."""
    return Path(file).is_file() and program.digest_of(Path(file)) == digest
