"""The texts of a run: what is hashed is what is rewritten and executed, wherever it lies.

TRUSTED: what is remembered of one text is not taken for another.

Every source file is read once in a run, before processes are forked.  What a run depends on is all that was read:
the tool's own files and those of projects (project.py), each other module that is loaded and comes neither with
Python nor from its package index, and what operations load while they are executed.
"""

from __future__ import annotations

import hashlib
import re
import sys
import sysconfig
import tokenize
import types
from collections.abc import Collection, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import z3

import impl
import model
import proofs
from model.language.words import WORD_BITS
from proofs import project
from proofs.engine.entered import is_in_pieces
from proofs.engine.pieces import pieces_of
from proofs.engine.process import STARTED

PACKAGES: tuple[types.ModuleType, ...] = (model, impl, proofs)

FOREIGN = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
"""Where Python keeps its own modules and what was installed."""


@cache
def bytes_of(file: Path) -> bytes:
    """What a source file held when this run first looked at it."""
    return file.read_bytes()


def text_of(module: types.ModuleType) -> str:
    """The text of a module's source file: whoever asks gets the same one."""
    if module.__file__ is None:
        raise OSError(f"{module.__name__} has no source file")
    return text_in(Path(module.__file__))


@cache
def text_in(file: Path) -> str:
    """The text of a source file, as it was when this run first looked at it."""
    data = bytes_of(file)
    encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
    return data.decode(encoding).replace("\r\n", "\n")


@cache
def words_in(file: Path) -> frozenset[str]:
    """The words of a source file, in comments and strings too."""
    return frozenset(re.findall(r"\w+", text_in(file)))


@cache
def digest_of(file: Path) -> str:
    """The digest of what a source file held when this run first looked at it."""
    return hashlib.sha256(bytes_of(file)).hexdigest()


def look_again() -> None:
    """A run begins: files are read anew."""
    bytes_of.cache_clear()
    digest_of.cache_clear()
    for found in (text_in, words_in, own_files, _own_modules, _of_own_files, _of_own_heads):
        found.cache_clear()


# ---------------------------------------------------------------- what a run depends on


def source_fingerprint() -> str:
    """Python, the solver, the word and every source file: of the project, and of other modules that are loaded."""
    return _fingerprint(_of_own_files())


def fingerprint_in_pieces(
    files: Collection[tuple[str, Path]] | None = None, known: Collection[str] | None = None
) -> str:
    """The same, but of a module that is in pieces (entered.py) its head alone; of these own files, or of all.

    A function belongs to the head if its name is ``known`` outside of functions (pieces.py); by default each does.
    """
    if files is None:
        return _fingerprint(_of_own_heads())
    return _fingerprint("\n".join(f"{name} {head_of(name, file, known)}" for name, file in files))


def head_of(module: str, file: Path, known: Collection[str] | None = None) -> str:
    """The digest of what every result depends on of a module's file."""
    in_pieces = is_in_pieces(module) and file == file_of(module)
    return pieces_of(text_in(file)).counted(known) if in_pieces else digest_of(file)


def _fingerprint(own: str) -> str:
    tools = f"{sys.version} {z3.get_version_string()} {WORD_BITS}\n{own}\n"
    digest = hashlib.sha256(tools.encode())
    for name, file in sorted(loaded().items()):
        digest.update(f"{name} {digest_of(file)}\n".encode())
    return digest.hexdigest()


@cache
def _of_own_files() -> str:
    return "\n".join(f"{name} {digest_of(file)}" for name, file in own_files())


@cache
def _of_own_heads() -> str:
    return "\n".join(f"{name} {head_of(module_in(name), file)}" for name, file in own_files())


@cache
def own_files() -> tuple[tuple[str, Path], ...]:
    """Every file of the tool and of projects, loaded or not: a command loads what it needs, but hashes the same."""
    ours = [(folder, sorted(folder.rglob("*.py"))) for folder in _places()]
    return (
        *((str(file.relative_to(folder.parent)), file) for folder, files in ours for file in files),
        *project.files(),
    )


def file_of(module: str) -> Path | None:
    """The source file of a module of the tool or of a project."""
    return _own_modules().get(module)


def own_modules() -> Iterator[tuple[str, Path]]:
    """The modules of the tool and of projects, each with its file."""
    yield from _own_modules().items()


@cache
def _own_modules() -> dict[str, Path]:
    return {module_in(name): file for name, file in own_files()}


def module_in(name: str) -> str:
    """The module that lies in a file of that name."""
    top = impl.__name__.removesuffix("impl")
    parts = name.removesuffix(".py").split("/")
    return ".".join(parts) if parts[0] not in ("model", "impl", "proofs") else top + ".".join(parts)


def loaded(known: Collection[str] = ()) -> dict[str, Path]:
    """The source files of the loaded modules that come neither with Python, nor from its index, nor from here.

    Modules that are ``known`` are left out.
    """
    new = {name: module for name, module in list(sys.modules.items()) if name not in known}
    files = {name: getattr(module, "__file__", None) for name, module in new.items()}
    return {name: Path(file) for name, file in files.items() if isinstance(file, str) and _is_elsewhere(file)}


def _is_elsewhere(file: str) -> bool:
    """Whether a file is none of Python's, of its index or of the tool or a project."""
    return not _is_below(file, _folders()) and Path(file).is_file()


@cache
def _is_below(file: str, folders: Collection[Path]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)


def _places() -> list[Path]:
    """Where the modules of the three packages lie."""
    return [Path(place) for package in PACKAGES for place in package.__path__]


@cache
def _folders() -> tuple[Path, ...]:
    own = (home.source / top for home in project.projects() for top in home.tops)
    return (*_places(), *own, *(Path(sysconfig.get_path(name)) for name in FOREIGN))


def nameless() -> bool:
    """Whether the program that runs has no source file (it was typed, or piped in), so that nothing says what it is."""
    main = sys.modules.get("__main__")
    return not isinstance(getattr(main, "__file__", None), str) or not Path(str(main.__file__)).is_file()  # type: ignore[union-attr]


def modified(counted: Collection[Path] | None = None) -> bool:
    """Whether a file that this process read may not be what it executes: it was changed since the process began.

    Of the own files those that are ``counted``, by default all.
    """
    own = {file for _, file in own_files()} if counted is None else set(counted)
    return any(_changed(file) for file in own | set(loaded().values()))


def _changed(file: Path) -> bool:
    try:
        dates = file.stat()
        now = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return True
    return max(dates.st_mtime, dates.st_ctime) > STARTED or now != digest_of(file)
