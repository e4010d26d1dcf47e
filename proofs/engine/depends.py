"""What a result depends on: the heads of all programs, every other file as a whole, and the functions that ran.

So an edit of one function leaves standing what was found out without it.

TRUSTED: what is remembered of one text is not taken for another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from proofs.checking.ends import End
from proofs.engine import entered, program
from proofs.engine.pieces import Piece, Pieces, key_of, pieces_of

if TYPE_CHECKING:
    from proofs.engine.operation import Proof

Function = tuple[str, str, int]
"""A function that ran: its key (pieces.py), the digest of what it says, the line of its ``def``."""
PLACE = re.compile(r"(?P<name>\w+)(?P<file>\.py)?:(?P<line>\d+)(?: in (?P<function>\w+))?")
"""A line, as obligations and ends name it: "free:118", "segment_heap.py:128 in free"."""


@dataclass
class Texts:
    """The texts of a run: ``variants`` take, for the prover, the place of what is in the files, by module.

    A variant that says what the file says, but for some functions, differs from it in these alone.
    """

    variants: Mapping[str, str] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """Of all that counts as a whole, and of the heads of all that is in pieces."""
        heads = [(module, self._head(module, text)) for module, text in sorted(self.variants.items())]
        heads = [(module, head) for module, head in heads if head != _own_head(module)]
        return hashlib.sha256(f"{program.fingerprint_in_pieces()} {heads}".encode()).hexdigest()

    def functions(self, keys: Iterable[str]) -> tuple[Function, ...]:
        """Those of the functions that are pieces; what is none counts by its module's head."""
        found = ((key, self._piece(key)) for key in keys)
        return tuple((key, piece.digest, piece.line) for key, piece in found if piece is not None)

    def are_current(self, functions: Iterable[Function]) -> bool:
        """Whether every one of the functions still says the same."""
        return all((piece := self._piece(key)) is not None and piece.digest == digest for key, digest, _ in functions)

    def moved(self, functions: Iterable[Function]) -> Callable[[str], str]:
        """What makes of a text that names lines of these functions one that names them where they are now."""
        places: dict[str, list[tuple[int, Piece]]] = {}
        for key, _, line in functions:
            piece = self._piece(key)
            if piece is not None and piece.line != line:
                places.setdefault(short(key), []).append((line, piece))
        return partial(PLACE.sub, partial(_moved, places)) if places else str

    def relative(self, module: str, end: End) -> tuple[str, ...]:
        """An end of a function of a module, its lines counted from the ``def`` of the function that each stands in."""
        pieces = _pieces(module, self.variants.get(module)).functions
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
        return Piece(found.digest + own.digest, found.line, found.lines)

    def _head(self, module: str, text: str) -> str:
        """What counts of a variant in any case; the same as of the file if that says the same."""
        return pieces_of(text).head if entered.is_in_pieces(module) else text


def texts_of(proof: Proof, sources: Mapping[str, str]) -> Texts:
    """The texts of a subject; ``sources`` are variants by the name of a subject, or of a module."""
    own = {proof.subject.name: proof.module.__name__}
    return Texts({own.get(name, name): text for name, text in sources.items()})


def short(key: str) -> str:
    """A function's own name."""
    return key.split(" ")[1].rpartition(".")[2]


def ran() -> list[str]:
    """The functions of all that is in pieces that ran in this process."""
    return entered.entered_in([module for module in entered.WATCHED if entered.is_in_pieces(module)])


def _own_head(module: str) -> str:
    """What counts of a module's file in any case; "" of what is not in pieces."""
    return _pieces(module, None).head if entered.is_in_pieces(module) else ""


def _pieces(module: str, variant: str | None) -> Pieces:
    """The pieces of a module, of a variant of it or of its file."""
    if variant is not None:
        return pieces_of(variant)
    file = program.file_of(module)
    return pieces_of(program.text_in(file)) if file is not None else Pieces("", {})


def _moved(places: Mapping[str, Collection[tuple[int, Piece]]], found: re.Match[str]) -> str:
    """The same place where it is now."""
    name, line = found["function"] or found["name"], int(found["line"])
    for before, piece in places.get(name, ()):
        if before <= line < before + piece.lines:
            now = f"{found['name']}{found['file'] or ''}:{line - before + piece.line}"
            return now + (f" in {found['function']}" if found["function"] else "")
    return found[0]


def _relative(pieces: Mapping[str, Piece], found: re.Match[str]) -> str:
    """The same place, counted from its function."""
    line = int(found["line"])
    for name, piece in pieces.items():
        if short(key_of("", name)) == found["name"] and piece.holds(line):
            return f"{name}+{line - piece.line}"
    return found[0]


def exists(file: str, digest: str) -> bool:
    """Whether a file is still there and holds what it held."""
    return Path(file).is_file() and program.digest_of(Path(file)) == digest
