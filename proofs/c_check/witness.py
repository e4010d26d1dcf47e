"""A failing history as a C program of its own: it includes the user's files, and ends with another status than 0.

The program holds drystone.h, the arena and the judge as text: nothing of this project is needed to compile or run it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from proofs.c_check.compiler import HEADERS, Build, Compiler, Sources
from proofs.c_check.history import REQUESTS, Call, History
from proofs.c_check.telling import shown_calls

SECONDS = 30
"""The program that takes longer is ended; it gives itself two."""
TABLE = 200
"""A history of more calls is written as a table."""
INCLUDE = re.compile(r'^#include "[\w.]+"\n', re.MULTILINE)
FUNCTIONS = {"m": "malloc", "c": "calloc", "a": "aligned", "n": "realloc_null", "r": "realloc", "f": "free"}
FUNCTIONS |= {"e": "realloc_zero", "z": "free_null", "b": "bad_free", "s": "resize"}
TWO = "car"
"""Calls with two numbers."""


@dataclass(frozen=True)
class Witness:
    """The program's text, the command that compiles it, and the status it ended with, None if it was not made."""

    text: str
    suffix: str
    command: str
    status: int | None


def witness(
    sources: Sources,
    build: Build,
    compiler: Compiler,
    history: History,
    fresh: int,
    said: list[str],
    folder: Path,
) -> Witness:
    """The program for a history that fails in a build, compiled and run once."""
    suffix = ".cpp" if sources.cplusplus else ".c"
    apart = [file for file in sources.others if file.suffix == ".c" and sources.cplusplus]
    result = None
    for separate in [list(sources.others)] if apart else [[], list(sources.others)]:
        command = _command(sources, build, compiler, separate, suffix)
        text = _text(sources, separate, history, fresh, [*said, "", f"Compile: {' '.join(command)}"])
        result = Witness(text, suffix, " ".join(command), _tried(text, command, folder, suffix))
        if result.status:
            break
    assert result is not None
    return result


def _command(sources: Sources, build: Build, compiler: Compiler, separate: list[Path], suffix: str) -> list[str]:
    start = compiler.cplusplus if suffix == ".cpp" else compiler.c
    flags = [*build.everywhere, "-g", "-w", *build.flags, *sources.options]
    flags += [] if sources.has_header else [f"-I{HEADERS}"]
    return [*start, *flags, f"counterexample{suffix}", *(str(file.resolve()) for file in separate), *sources.flags,
            "-o", "counterexample"]  # fmt: skip


def _text(sources: Sources, separate: list[Path], history: History, fresh: int, said: list[str]) -> str:
    included = [file for file in sources.files if file not in separate]
    head = "\n".join(f"   {line}".rstrip() for line in said).replace("*/", "* /")
    defines = [f"#ifndef {name}\n#define {name} {value or '1'}\n#endif" for name, value in _defines(sources)]
    return "\n".join(
        [
            f"/* A history that an allocator does not bear, found by `drystone check --c`.\n\n{head} */",
            *defines,
            '#pragma GCC diagnostic ignored "-Wunused-function"',
            *(_header(name) for name in ("drystone.h", "types.h", "judge.h", "calls.h")),
            "/* ---------------------------------------------------------------- the allocator */\n",
            *(_included(file, sources) for file in included),
            "",
            "/* ---------------------------------------------------------------- what it declares */",
            _header("facts.h"),
            "/* ---------------------------------------------------------------- the history */\n",
            _main(history, fresh),
        ]
    )


def _included(file: Path, sources: Sources) -> str:
    """A user's file; the glue as text if drystone.h is found only in this project."""
    if file != sources.glue or sources.has_header:
        return f'#include "{file.resolve()}"'
    text = re.sub(r'^[ \t]*#[ \t]*include[ \t]*"drystone.h"', "/* drystone.h */", file.read_text(), flags=re.MULTILINE)

    def placed(found: re.Match[str]) -> str:
        target = file.resolve().parent / found[2]
        return f'{found[1]}"{target}"' if target.is_file() else found[0]

    return re.sub(r'^([ \t]*#[ \t]*include[ \t]*)"([^"]+)"', placed, text, flags=re.MULTILINE)


def _defines(sources: Sources) -> list[tuple[str, str]]:
    pairs = [define.partition("=") for define in sources.defines]
    return [(name, value) for name, _, value in pairs]


def _header(name: str) -> str:
    return INCLUDE.sub("", (HEADERS / name).read_text())


MAIN = """#include <stdlib.h>

static void ds_failed(void) {{
    printf("%s: call %llu: %s\\n", ds_clause_names[ds_to->clause], ds_to->step, ds_to->detail);
    fflush(stdout);
    _exit(1);
}}

static void ended(void) {{
    if (!ds_to->over) _exit(2); /* somebody called exit */
}}

{calls}
int main(void) {{
    atexit(ended);
    alarm(2); /* a call that does not come to an end */
    if (ds_begin({size}, {capacity}, {place}, {fill}, {most}) != 1) return 3;
    ds.fresh = {fresh};
{body}
    ds_end();
    printf("no violation\\n");
    return 0;
}}
"""


def _main(history: History, fresh: int) -> str:
    arena, calls, body = history.arena, "", ""
    if len(history.calls) <= TABLE:
        requests = 0
        for call in history.calls:
            note = f" /* block {requests} */" if call.what in REQUESTS else ""
            requests += call.what in REQUESTS
            body += f"    ds_{FUNCTIONS[call.what]}({_numbers(call)});{note}\n"
    else:
        rows = "".join(f"    {{'{c.what}', {c.a % 2**64}u, {c.b}u}},\n" for c in history.calls)
        calls = f"static const struct ds_call history[] = {{\n{rows}}};\n"
        body = "    for (size_t i = 0; i < sizeof history / sizeof *history; i++) ds_do(&history[i]);\n"
    return MAIN.format(
        calls=calls, body=body.rstrip("\n"), size=arena.size, capacity=arena.capacity, place=arena.place,
        fill=arena.fill, fresh=fresh, most=len(history.calls) + 1,
    )  # fmt: skip


def _numbers(call: Call) -> str:
    if call.what == "z":
        return ""
    unsigned = "" if call.what == "b" else "u"
    return f"{call.a}{unsigned}, {call.b}{unsigned}" if call.what in TWO else f"{call.a}{unsigned}"


def _tried(text: str, command: list[str], folder: Path, suffix: str) -> int | None:
    """The status of the program, compiled and run; None if it does not compile."""
    (folder / f"counterexample{suffix}").write_text(text)
    try:
        made = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=SECONDS * 4)
        if made.returncode:
            return None
        run = subprocess.Popen(
            [folder / "counterexample"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    try:
        return run.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def summary(history: History, sentence: str, how: str, arena: str) -> list[str]:
    """What the head of a program says."""
    return [sentence, "", f"On {arena}:", "", *shown_calls(history.first(TABLE)), "", how]
