"""Which files are watched, what was edited in them, and whose they are.

Of a project everything that Python or the tool reads; outside of projects the tool's own tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import impl
import model
import proofs
from proofs import project
from proofs.watching.touched import bases_of, operations_touched

KINDS = (".py", ".toml", ".lock")
WHOSE = 2
"""model/<subject>/..., proofs/<subject>/... and impl/<subject>.py: that part of a path says whose the file is.

A file of impl/ that holds a class from which a subject's own is derived is that subject's, too.
"""


class Watched:
    """The files of the project at hand, of others that are named, or of the tool's own tree."""

    def __init__(self, source: Path | None = None) -> None:
        """Of the current folder; and ``source``, which stands for a subject's own file."""
        self.projects = project.projects()
        places = [Path(place) for package in (model, impl, proofs) for place in package.__path__]
        homes = [folder for home in self.projects for folder in (home.folder, home.source)]
        self.homes = list(dict.fromkeys(homes)) or places
        self.source = source.resolve() if source else None
        self.root = places[0].parent
        self._bases = {} if self.projects else dict(self._below())
        self._seen = {file: _digest(file) for file in self._all()}
        self._texts = {file: _text(file) for file in self._seen if self._is_program(file)}

    @property
    def folders(self) -> list[Path]:
        """The folders to look at, all that is below them included; of ``source`` its own: editors replace files."""
        return [*self.homes, *([self.source.parent] if self.source else [])]

    def __len__(self) -> int:
        return len(self._seen)

    def wanted(self, path: str) -> bool:
        """Whether a change of that path is of interest: a source file in no hidden folder."""
        file = Path(path)
        if file == self.source:
            return True
        home = next((folder for folder in self.homes if file.is_relative_to(folder)), None)
        parts = file.relative_to(home).parts if home else (".",)
        return file.suffix in KINDS and not any(part.startswith(".") or part == "__pycache__" for part in parts)

    def edited(self, paths: Iterable[Path]) -> list[Path]:
        """Those of the files that hold something else than when they were last looked at."""
        found = []
        for file in sorted(set(paths)):
            now = _digest(file)
            if now != self._seen.get(file, ""):
                found.append(file)
            self._seen[file] = now
        return found

    def operations(self, file: Path) -> tuple[str, ...]:
        """The operations that the last edit of a subject's program touches; () if that may be all, or none."""
        if not self._is_program(file):
            return ()
        before = self._program(self.owner(file))
        self._texts[file] = _text(file)
        return operations_touched(before, self._program(self.owner(file)))

    def _program(self, owner: str) -> str:
        """The texts of a subject's program as one."""
        return "\n".join(text for file, text in sorted(self._texts.items()) if self.owner(file) == owner)

    def _below(self) -> Iterator[tuple[Path, str]]:
        """The files of impl/ that hold classes from which those of subjects are derived, each with its subject."""
        for record in (self.root / "proofs").glob("*/record.py"):
            waiting = [record.parent.name]
            while waiting:
                found = bases_of(_text(self.root / "impl" / f"{waiting.pop()}.py"))
                yield from ((self.root / "impl" / f"{name}.py", record.parent.name) for name in found)
                waiting += found

    def _is_program(self, file: Path) -> bool:
        owner = self.owner(file)
        if file in self._bases:
            return True
        places = [home.place(package) for home in self.projects for name, package in home.packages if name == owner]
        return bool(owner) and file == (places[0] / "impl.py" if places else self.root / "impl" / f"{owner}.py")

    def owner(self, file: Path) -> str:
        """The subject whose file it is; "" if it is nobody's, or everybody's."""
        for home in self.projects:
            for name, package in home.packages:
                if file.is_relative_to(home.place(package)):
                    return name
        if self.projects or not file.is_relative_to(self.root):
            return ""
        if file in self._bases:
            return self._bases[file]
        parts = file.relative_to(self.root).with_suffix("").parts
        name = parts[-1] if parts[:WHOSE] == ("proofs", "hints") else parts[1] if len(parts) >= WHOSE else ""
        return name if (self.root / "proofs" / name / "record.py").is_file() else ""

    def shown(self, file: Path) -> str:
        """The file as a message calls it: from the folder that is watched on."""
        bases = [home.folder for home in self.projects] or [self.root]
        return next((str(file.relative_to(base)) for base in bases if file.is_relative_to(base)), str(file))

    def _all(self) -> Iterator[Path]:
        if self.source:
            yield self.source
        for folder in self.homes:
            yield from (file for file in folder.rglob("*") if self.wanted(str(file)) and file.is_file())


def _text(file: Path) -> str:
    """What the file says now; "" if it is not there, or no text."""
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _digest(file: Path) -> str:
    """What the file holds now; "" if it is not there."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
