"""Follows a page: puts its listings where it says, runs its commands, and compares what they print.

    ```console                      `$ command`, and below it what it prints; a line `...` stands for any lines
    ```python FILE                  the text of a file
    ```python FILE after LINE       lines to put behind that line of it
    ```python FILE instead of LINE  lines to put in place of that line of it

`python -m tests.following PAGE` puts what the commands print now into a page, where that is not what it says.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.projects import ROOT

BLOCK = re.compile(r"^```(\w+) ?(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
MASKS = (
    (re.compile(r"\d+\.\d+( ?)s\b"), r"0.00\1s"),
    (re.compile(r"from (model|impl|proofs)\."), r"from drystone.\1."),
    (re.compile(r"  cached$", re.MULTILINE), "  0.00 s"),
)
"""What may differ: seconds, the name by which a checkout knows its own modules, and what a cache may hold."""


def masked(text: str) -> str:
    """The text without what may differ."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


class Reader:
    """Somebody who follows a page, from an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, where: str, text: str) -> None:
        """A listing is put where the page says."""
        name, _, how = where.partition(" ")
        file = self.folder / name
        if not how:
            file.write_text(text)
            return
        kind = next(kind for kind in ("after", "instead of") if how.startswith(kind))
        line = how.removeprefix(kind).strip()
        lines = file.read_text().splitlines(keepends=True)
        (at,) = [number for number, one in enumerate(lines) if one.strip() == line]
        lines[at] = lines[at] + text if kind == "after" else text
        file.write_text("".join(lines))

    def run(self, command: str) -> str:
        """A command is run, and what it prints."""
        words = shlex.split(command)
        if words[0] == "cd":
            self.folder = self.folder / words[1]
            return ""
        programs = {"drystone": [sys.executable, "-m", "proofs.cli"], "python": [sys.executable]}
        done = subprocess.run(
            [*programs.get(words[0], words[:1]), *words[1:]],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        return (done.stdout + done.stderr).replace(str(self.folder), ".")


def steps(page: str) -> Iterator[tuple[str, str, str]]:
    """(kind, what, text): a listing, its place and its lines; or "$", a command, and what the page says it prints."""
    for kind, where, text in BLOCK.findall(page):
        if kind != "console":
            yield kind, where, text
            continue
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield "$", command, printed


def agrees(printed: str, said: str) -> bool:
    """Whether what was printed is what the page says."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.$", masked(said), flags=re.MULTILINE)]
    return re.fullmatch("(?:.*)".join(parts), masked(printed), re.DOTALL) is not None


def refreshed(page: str, folder: Path) -> str:
    """The page with what its commands print now, where that is not what it says."""
    reader = Reader(folder)

    def block(found: re.Match[str]) -> str:
        kind, where, text = found.groups()
        if kind != "console":
            reader.put(where, text)
            return found.group(0)
        parts = [f"$ {command}\n{_said(reader, command, printed)}" for _, command, printed in steps(found.group(0))]
        return f"```console\n{''.join(parts)}```"

    return BLOCK.sub(block, page)


def _said(reader: Reader, command: str, before: str) -> str:
    printed = reader.run(command)
    return before if agrees(printed, before) else MASKS[1][0].sub(MASKS[1][1], printed)


if __name__ == "__main__":  # python -m tests.following PAGE
    file = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as empty:
        file.write_text(refreshed(file.read_text(), Path(empty)))
