"""Compiles the user's files with the driver, once for each build."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from model.language.words import WORD_BITS
from proofs.registry import Mistake

HEADERS = Path(__file__).parent / "c"
"""The folder of drystone.h, and of the driver."""
CPLUSPLUS = (".cc", ".cpp", ".cxx", ".C")
SECONDS = 300
"""A compiler that takes longer is ended."""
COMPLAINTS = r"error:|undefined|multiple definition|cannot find|unrecognized"
KNOWN = re.findall(r"\bdrystone_\w+", (HEADERS / "drystone.h").read_text())


@dataclass(frozen=True)
class Build:
    """One way to compile: flags for the user's files, and for all files."""

    name: str
    flags: tuple[str, ...]
    everywhere: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    """Flags to try where the compiler does not know ``flags``."""
    slower: int = 1
    """A call is given that many times as long: what a sanitizer does beside it is not the heap's."""


NARROW = ("-m32",)
"""What makes a program for a machine of 32 bits."""
UNDEFINED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
TRAPS = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
BUILDS = (
    Build("plain", ("-O0",)),
    Build("optimised", ("-O2",)),
    Build("ubsan", ("-O1", *UNDEFINED), instead=("-O1", *TRAPS)),
    Build("asan", ("-O1", "-fsanitize=address", "-fno-omit-frame-pointer"), slower=3),
    Build("32 bits", ("-O1",), NARROW),
)
BUILDS_BY_NAME = {build.name: build for build in BUILDS}


def builds_of_word(names: Sequence[str], bits: int = WORD_BITS) -> list[Build]:
    """The builds of those names, or all; at 32 bits each is one for such a machine, in place of the one that is."""
    chosen = [BUILDS_BY_NAME[name] for name in names] or list(BUILDS)
    if bits == 64:
        return chosen
    wide = [build for build in chosen if build.everywhere != NARROW]
    return [replace(build, name=f"{build.name} -m32", everywhere=NARROW) for build in wide] or chosen


@dataclass(frozen=True)
class Sources:
    """The user's files, the glue first, and what their compiler is to be told."""

    glue: Path
    others: tuple[Path, ...] = ()
    includes: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a report calls the heap."""
        return self.glue.name

    @property
    def files(self) -> tuple[Path, ...]:
        """All files."""
        return (self.glue, *self.others)

    @property
    def cplusplus(self) -> bool:
        """Whether one of the files is C++."""
        return any(file.suffix in CPLUSPLUS for file in self.files)

    @property
    def folders(self) -> list[Path]:
        """Where the user's headers are."""
        return [Path(folder).resolve() for folder in (*self.includes, str(self.glue.parent))]

    @property
    def has_header(self) -> bool:
        """Whether drystone.h is among the user's headers, so that nothing of ours is needed."""
        return any((folder / "drystone.h").is_file() for folder in self.folders)

    @property
    def options(self) -> list[str]:
        """Include paths and defines, as the compiler takes them."""
        return [*(f"-I{folder}" for folder in self.folders), *(f"-D{define}" for define in self.defines)]

    def check(self) -> None:
        """A Mistake if a file is not there, or the glue defines what drystone.h does not know."""
        for file in self.files:
            if not file.is_file():
                raise Mistake(f"{file}: there is no such file")
            if self.files.count(file) > 1:
                raise Mistake(f"{file}: it is named twice")
        for folder in map(Path, self.includes):
            if not folder.is_dir():
                raise Mistake(f"-I {folder}: there is no such folder")
        text = self.glue.read_text(errors="replace")
        defined = re.findall(r"^\s*(?:[\w*]+\s+)*?[\w*]+[\s*]+(drystone_\w+)\s*\([^;{]*\)\s*\{", text, re.MULTILINE)
        unknown = sorted(set(defined) - set(KNOWN))
        if unknown:
            raise Mistake(f"{self.glue}: drystone.h knows no function {unknown[0]}")
        macros = re.findall(r"^\s*#\s*define\s+(DRYSTONE_\w+)", text, re.MULTILINE)
        unknown = sorted(set(macros) - set(re.findall(r"DRYSTONE_\w+", (HEADERS / "drystone.h").read_text())))
        if unknown:
            raise Mistake(f"{self.glue}: drystone.h knows no macro {unknown[0]}")


@dataclass(frozen=True)
class Compiler:
    """How the compiler is called, for C and for C++."""

    c: tuple[str, ...]
    cplusplus: tuple[str, ...]

    def of(self, file: Path) -> tuple[str, ...]:
        """The command for a file."""
        return self.cplusplus if file.suffix in CPLUSPLUS else self.c


def find_compiler() -> Compiler:
    """What CC and CXX say; else cc, gcc or clang; else ziglang, if it is installed; else a Mistake."""
    named = os.environ.get("CC")
    if named:
        words = shlex.split(named)
        if not words or shutil.which(words[0]) is None:
            raise Mistake(f"CC is {named!r}: there is no such command")
        return Compiler(tuple(words), tuple(shlex.split(os.environ.get("CXX", "c++"))))
    for c, cplusplus in (("cc", "c++"), ("gcc", "g++"), ("clang", "clang++")):
        if shutil.which(c):
            return Compiler((c,), tuple(shlex.split(os.environ.get("CXX", cplusplus))))
    if importlib.util.find_spec("ziglang"):
        zig = (sys.executable, "-m", "ziglang")
        return Compiler((*zig, "cc"), (*zig, "c++"))
    raise Mistake("there is no C compiler: install one, set CC, or install the package ziglang")


@dataclass
class Compiled:
    """A build's program, or why there is none: ``left_out`` if the compiler cannot, ``error`` if it will not."""

    build: Build
    program: Path | None = None
    left_out: str = ""
    error: str = ""


def compile_builds(sources: Sources, builds: Sequence[Build], folder: Path, compiler: Compiler) -> list[Compiled]:
    """Every build's program, in ``folder``."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        kinds = {_kind(build): pool.submit(_driver, build, folder, compiler) for build in builds}
        jobs = [
            pool.submit(_compiled, sources, build, folder, compiler, kinds[_kind(build)].result) for build in builds
        ]
        return [job.result() for job in jobs]


def _kind(build: Build) -> tuple[str, ...]:
    """Builds of one kind share the driver's object file."""
    return (*build.everywhere, *(["-DDS_ASAN"] if build.name.startswith("asan") else []))


def _driver(build: Build, folder: Path, compiler: Compiler) -> str:
    """The driver's object file; it is not there if the compiler cannot make it."""
    target = str(folder / f"driver{''.join(_kind(build))}.o")
    command = [*compiler.c, "-w", *_kind(build), "-O1", f"-I{HEADERS}", "-c", str(HEADERS / "driver.c"), "-o", target]
    _said(command, folder)
    return target


def _compiled(sources: Sources, build: Build, folder: Path, compiler: Compiler, driver: Callable[[], str]) -> Compiled:
    """One build's program.  Where that fails, it is seen whether the compiler can make any program of the kind."""
    place = folder / build.name.replace(" ", "_")
    place.mkdir()
    for flags in filter(None, (build.flags, build.instead)):
        result = _made(sources, replace(build, flags=flags), place, compiler, driver)
        if not result.error or _able(compiler, build, flags, place):
            return result
    said = " ".join((*build.flags, *build.everywhere))
    return Compiled(build, left_out=f"the compiler cannot make programs with {said}")


def _made(sources: Sources, build: Build, place: Path, compiler: Compiler, driver: Callable[[], str]) -> Compiled:
    """The program, or what the compiler says first."""
    wrapper = place / f"glue{sources.glue.suffix}"
    wrapper.write_text(f'#include "drystone.h"\n#include "{sources.glue.resolve()}"\n#include "facts.h"\n')
    common = ["-g", "-w", *build.everywhere, *build.flags]
    commands, objects = [], []
    for number, file in enumerate((wrapper, *sources.others)):
        objects.append(str(place / f"{number}.o"))
        own = [*compiler.of(file), *common, *sources.options, f"-I{HEADERS}", *_compiling(sources.flags)]
        commands.append([*own, "-c", str(file.resolve()), "-o", objects[-1]])
    linker = compiler.cplusplus if sources.cplusplus else compiler.c
    program = place / "heap"
    commands.append([*linker, *common, *objects, driver(), *sources.flags, "-o", str(program)])
    for command in commands:
        if error := _said(command, place):
            return Compiled(build, error=error)
    return Compiled(build, program)


def _compiling(flags: Sequence[str]) -> list[str]:
    """The flags that are not for the linker alone."""
    return [flag for flag in flags if not flag.startswith(("-l", "-L", "-Wl,")) and not flag.endswith((".a", ".so"))]


def _able(compiler: Compiler, build: Build, flags: Sequence[str], place: Path) -> bool:
    """Whether programs can be made with these flags, and run here."""
    source = place / "able.c"
    source.write_text("#include <stddef.h>\n#include <string.h>\nint main(void) { return 0; }\n")
    program = place / "able"
    if _said([*compiler.c, *build.everywhere, *flags, str(source), "-o", str(program)], place):
        return False
    try:
        done = subprocess.run([program], cwd=place, capture_output=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _said(command: list[str], place: Path) -> str:
    """What the compiler complains of; "" if it made what it was to make."""
    try:
        done = subprocess.run(
            command, cwd=place, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            check=False, timeout=SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if re.search(COMPLAINTS, line)]
    first = (lines or done.stderr.splitlines() or [f"{command[0]} ends with status {done.returncode}"])[0]
    return first.removeprefix(f"{place}/")
