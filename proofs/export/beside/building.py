"""Building the exported C as a library, with glue that hands its questions to the machine to Python."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from proofs.export.helpers import HOOKS, in_words
from proofs.export.kinds import Kind
from proofs.export.unit import Unit
from proofs.registry import Mistake

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-pedantic")
TRAPS = ("-g", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-fno-sanitize-recover")
BUILDS = {
    "sanitized": ("-O1", *TRAPS),
    "plain": ("-O0",),
    "fast": ("-O2",),
    "small": ("-Os",),
    "coverage": ("-O0", *TRAPS, "--coverage"),
}
"""The flags of each build; a fault that UBSan sees ends the process."""
CALLBACK = 100
"""The number of the first type of functions that are handed on; before it come the hooks."""


class NoCompiler(Mistake):
    """There is no C compiler here."""


def compiler() -> str:
    """The C compiler; NoCompiler if there is none."""
    found = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if found is None:
        raise NoCompiler("there is no C compiler here: install gcc or clang")
    return found


@dataclass(frozen=True)
class Build:
    """A library that was built."""

    library: Path
    folder: Path


def build(
    unit: Unit, kind: str, source: str | None = None, folder: Path | None = None, silent: tuple[str, ...] = ()
) -> Build:
    """Build the C of a unit, or the changed text ``source`` of it; Mistake with the compiler's words if it does not.

    ``silent`` are flags that silence warnings.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="drystone-export-"))
    written = {f"{unit.prefix}.h": unit.header, f"{unit.prefix}.c": source or unit.source, "glue.c": glue(unit)}
    for name, text in written.items():
        (folder / name).write_text(text)
    library = folder / f"{unit.prefix}.so"
    strict = () if source else WARNINGS
    own = [f"{unit.prefix}.c", "-c", "-o", f"{unit.prefix}.o"]
    _run([compiler(), "-std=c99", "-fPIC", "-ffreestanding", *strict, *silent, *BUILDS[kind], *own], folder)
    linked = ["-shared", "-o", library.name, "glue.c", f"{unit.prefix}.o"]
    with_coverage = ["-DCOVERAGE", "--coverage"] if kind == "coverage" else []
    _run([compiler(), "-std=c99", "-fPIC", *with_coverage, *linked], folder)
    return Build(library, folder)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Mistake(f"{' '.join(command)} failed:\n{done.stderr[:2000]}")


GLUE = """\
#include "{p}.h"
void glue_set(void (*given)(uint64_t, const char *, size_t, const uint64_t *, void *));
static void (*ask)(uint64_t, const char *, size_t, const uint64_t *, void *);
void glue_set(void (*given)(uint64_t, const char *, size_t, const uint64_t *, void *)) {{ ask = given; }}
#ifdef COVERAGE
void __gcov_dump(void);
void glue_dump(void) {{ __gcov_dump(); }}
#endif
"""
HOOK_GLUE = {
    "map": "bool {p}_map(uint64_t a, uint64_t n) { uint64_t v[] = {a, n}, r = 0; ask({i}, 0, 2, v, &r); return r; }",
    "find_place": "uint64_t {p}_find_place(uint64_t n) { uint64_t r = 0; ask({i}, 0, 1, &n, &r); return r; }",
    "unmap": "void {p}_unmap(uint64_t a, uint64_t n) { uint64_t v[] = {a, n}; ask({i}, 0, 2, v, 0); }",
    "is_mapped": "bool {p}_is_mapped(uint64_t a, uint64_t n)"
    " { uint64_t v[] = {a, n}, r = 0; ask({i}, 0, 2, v, &r); return r; }",
    "log": "void {p}_log(const char *m, size_t n, const uint64_t *v) { ask({i}, m, n, v, 0); }",
}


def glue(unit: Unit) -> str:
    """The C that provides what the header asks for, each through one function that Python sets."""
    lines = [GLUE.format(p=unit.prefix)]
    for number, name in enumerate(HOOKS):
        if f"hook {name}" in unit.names.helpers:
            lines.append(HOOK_GLUE[name].replace("{p}", unit.prefix).replace("{i}", str(number)))
    lines += [trampoline(unit, name, kind, n) for n, (name, kind) in enumerate(unit.names.callables.items())]
    return in_words("\n".join(lines) + "\n")


def trampoline(unit: Unit, name: str, kind: Kind, number: int) -> str:
    """A function of C that asks Python for what it gives."""
    given = "".join(f", {unit.names.declaration(part, f'a{n}')}" for n, part in enumerate(kind.parts[:-1]))
    values = ", ".join(f"(uint64_t)a{n}" for n in range(len(kind.parts) - 1))
    nothing = kind.parts[-1].is_ == "none"
    result = "void" if nothing else unit.names.type(kind.parts[-1])
    made = "" if nothing else f"{result} r = {{0}}; "
    gives = "" if nothing else " return r;"
    asked = f"ask({CALLBACK + number}, 0, {len(kind.parts) - 1}, v, {'0' if nothing else '&r'});"
    head = f"{result} glue_{name}(void *c{given})"
    return f"{head};\n{head} {{ const uint64_t v[] = {{{values}}}; {made}(void)c; {asked}{gives} }}"
