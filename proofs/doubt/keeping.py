"""What is kept or left out around a proof: the cache, vacuity, processes that end early, where a header lies."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import impl.block_heap
from impl.machine import Machine
from impl.regions import Area
from impl.shadow import CheckedRam
from model.language.logic import Clause
from proofs.doubt.case import Answer, Case, Reply
from proofs.doubt.edits import ROOT, commanded, copied, edited
from proofs.doubt.scenes import block_heap
from proofs.doubt.toys import CELL, RAM, Toy, asked, clause, loaded
from proofs.engine.verdict import Verdict

KIND = "cache"
MOVED = "what the operation does does not depend on where its header lies"
AWAY = CELL + 0x10_0000
"""Where the header lies in another run."""


# ---------------------------------------------------------------- processes that end early


def ending(name: str, end: Callable[[], Any], jobs: int = 1) -> Toy:
    """A program with a clause that ends the process where a prover evaluates it."""

    def formula(t: Any) -> Any:
        if type(t.result) is not int:
            end()
        return t.result == 0

    demands = (clause(formula, "false", "the result is 0"),)
    one = "\n    def run(self, n):\n        return n // 5\n"
    return Toy(name, "the result is 0", one, demands, jobs=jobs)


def _leave() -> None:
    raise SystemExit(0)


def _stop() -> None:
    raise KeyboardInterrupt


TOYS = (
    ending("exit_at_once", lambda: os._exit(0)),
    ending("exit_at_once_of_two", lambda: os._exit(0), 2),
    ending("exit", _leave),
    ending("exit_of_two", _leave, 2),
    ending("killed", lambda: os.kill(os.getpid(), 9)),
    ending("interrupted", _stop),
)


# ---------------------------------------------------------------- where the header lies


def moved(name: str, body: str, before: str = "", **more: Any) -> Case:
    """A program whose header is said to be movable."""
    method = body if body.lstrip().startswith("def ") else "\n    def run(self, n):\n" + body
    toy = Toy(name, MOVED, method, (), before, more={"relocatable": True}, breaks="relocatable", **more)
    return replace(toy.case(KIND), ask=partial(asked, toy), show=partial(shown_moved, toy))


def shown_moved(toy: Toy) -> str:
    """What two runs do that differ in where the header lies, if that differs."""
    one, other = (outcome(toy, place) for place in (CELL, AWAY))
    return f"at {CELL:#x} it {one}, at {AWAY:#x} it {other}" if one != other else ""


def outcome(toy: Toy, place: int) -> str:
    """Result, what the cell holds, and the number of loads and stores of a run with the cell at ``place``."""
    machine, module = Machine(4 * RAM, checked=True), loaded(toy.source)
    machine.memory.map(place, 1)
    cell = module.Cell.claim(machine.memory, place)
    cell.a, cell.b = toy.cell
    before = machine.counter.total
    result = cell.run(*toy.arguments.values())
    cost = machine.counter.total - before
    byte = machine.memory.load_bytes(place + 64, 1)[0]
    return f"returns {result}, makes {cost} accesses, leaves {(cell.a, cell.b)} and {byte} behind it"


there_is_room = Clause(
    "there_is_room",
    "nothing else lies behind the cell in its page",
    lambda s, h, g, given: (
        (h % 4096 == 0) & (h < 2**60) & s.mapped.covers(h, h + 4096) & s.claimed("Cell").all(lambda a: a == h)
    ),
)
HIGH = "self.address > 1048576"
MOVABLE = (
    moved("decision_by_place", f"        if {HIGH}:\n            return self.a\n        return 0\n"),
    moved(
        "decision_by_a_view",
        """
        view = Cell(self.memory, self.address)
        if view.address > 1048576:
            return view.a
        return 0
""",
    ),
    moved("choice_by_place", f"        self.a = 1 if {HIGH} else 2\n        return 0\n"),
    moved("least_by_place", "        self.a = min(self.address, 1048576)\n        return 0\n"),
    moved(
        "place_stored_by_a_helper",
        """
        self.keep(self.address)
        return 0

    def keep(self, value):
        self.b = value // 4096
""",
    ),
    moved(
        "bytes_that_tell_the_place",
        "        self.memory.fill(self.address + 64, 1, self.address // 65536 % 256)\n        return 0\n",
        requires=(there_is_room,),
    ),
    moved(
        "view_in_a_loop_tells_the_place",
        """
        view = Cell(self.memory, 0)
        i = 0
        while i < 1:
            loop("spec", self, i, view)
            view = self
            i = i + 1
        return 1 if view.address > 1048576 else 0
""",
        spec="""
def spec(cell, i, view):
    return Loop([("range", "there is one round", (0 <= i) & (i <= 1))], 1 - i)
""",
    ),
    moved(
        "the_machine_tells_the_place",
        "        self.a = 1 if self.memory.is_mapped(self.address % 1048576, 1) else 2\n        return 0\n",
    ),
)


# ---------------------------------------------------------------- the model and the cache of another project


@dataclass(frozen=True)
class Elsewhere:
    """A copy of the project, some files edited, in which the command is run."""

    name: str
    statement: str
    edits: Mapping[str, Mapping[str, str]]
    """File -> the pieces of it that are replaced; the piece "" stands for its end."""
    arguments: tuple[str, ...]
    show: Callable[[], str]

    def case(self) -> Case:
        """The case in the gallery."""
        text = "\n".join(f"{file}: {old!r} becomes {new!r}" for file, e in self.edits.items() for old, new in e.items())
        return Case(self.name, KIND, self.statement, text, partial(asked_elsewhere, self), self.show)


def asked_elsewhere(case: Elsewhere) -> Reply:
    """The command's answer."""
    with copied(texts_of(case.edits)) as folder:
        return commanded(folder, *case.arguments)


def texts_of(edits: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The edited texts of these files."""
    found = {}
    for file, pieces in edits.items():
        text = (ROOT / file).read_text()
        found[file] = edited(text, {old: new for old, new in pieces.items() if old}) + pieces.get("", "")
    return found


def lending_costs() -> str:
    """What lending a frame costs on the machine."""
    machine = Machine(2 << 20, checked=True, reserved=[Area(1 << 20, 4096)])
    before = machine.counter.total
    machine.frames.lend(1 << 20)
    cost = machine.counter.total - before
    return f"lending a frame makes {cost} loads and stores" if cost > 7 else ""


def served_once() -> str:
    """A call that is said never to come."""
    return f"malloc(1) returns {block_heap(impl.block_heap).malloc(1):#x}"


NEVER = """

from dataclasses import replace as _replace
from model.language.logic import Clause as _Clause

_never = _Clause("never", "malloc is never called", lambda state, heap, ghost, given: given["size"] != given["size"])
_nothing = _Clause("nothing", "malloc returns nothing", lambda t: t.result != t.result)
SUBJECT = _replace(
    SUBJECT,
    operations=tuple(
        _replace(one, requires=(*one.requires, _never), ensures=(*one.ensures, _nothing))
        if one.name == "malloc"
        else one
        for one in SUBJECT.operations
    ),
)
"""

MODELS = (
    Elsewhere(
        "cost_lowered_in_the_model",
        "lending a frame makes 7 loads and stores at most",
        {"model/frame_allocator/single_frames.py": {"EXCHANGE_COST = 8\n": "EXCHANGE_COST = 7\n"}},
        ("frame_allocator.lend", "--only"),
        lending_costs,
    ),
    Elsewhere(
        "never_called",
        "malloc, which is never called, returns nothing",
        {"proofs/block_heap/subject.py": {"": NEVER}},
        ("block_heap.malloc", "--only"),
        served_once,
    ),
    Elsewhere(
        "never_called_of_another_source",
        "malloc, which is never called, returns nothing, of another source",
        {"proofs/block_heap/subject.py": {"": NEVER}},
        ("block_heap.malloc", "--only", "--source", "impl/block_heap.py"),
        served_once,
    ),
)


# ---------------------------------------------------------------- the cache


STRANGER = """
import sys
from pathlib import Path

import mine
import said
from model.language.logic import Clause, Operation, Subject
from proofs.engine.cache import Cache
from proofs.engine.operation import Proof
from proofs.engine.runner import Options, prove

if __name__ == "__main__":
    claimed = Clause("claimed", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
    run = Operation("run", ("n",), lambda t: t.ghost, (said.CLAUSE,))
    proof = Proof(Subject("toy", (claimed,), (run,)), mine, "Cell", ("Cell",), lambda: None, lambda: None)
    report = prove([proof], (), Options(jobs=1, cache=Cache(Path("kept.sqlite"))))
    print([(t.id, t.verdict.value, t.cached) for t in report.theorems])
    sys.exit(report.exit_status())
"""

SAID = """
from model.language.logic import Clause

CLAUSE = Clause("result", "the result is right", lambda t: t.result == {0})
"""


TOLD = """
from pathlib import Path

from model.language.logic import Clause

LIMITS = (int(Path("limit.txt").read_text()),)
CLAUSE = Clause("result", "the result is right", lambda t: t.result == LIMITS[0])
"""
"""A model whose numbers come from a file."""
SET = """
import types
from pathlib import Path

from model.language.logic import Clause

SETTINGS = types.SimpleNamespace(limit=int(Path("limit.txt").read_text()))
CLAUSE = Clause("result", "the result is right", lambda t: t.result == SETTINGS.limit)
"""
"""A model whose numbers come from settings."""


def program(result: int) -> str:
    """The stranger's module."""
    return Toy("", "", f"\n    def run(self, n):\n        return {result}\n").source


@dataclass(frozen=True)
class Stranger:
    """A subject outside the project, proved once; then these files of it are changed, and it is proved again."""

    name: str
    statement: str
    changed: Mapping[str, str]
    meanwhile: str = ""
    model: str = SAID.format(0)

    def case(self) -> Case:
        """The case in the gallery."""
        text = "\n".join(self.changed.values())
        return Case(self.name, KIND, self.statement, text, partial(asked_again, self), partial(shown_again, self))

    @property
    def before(self) -> dict[str, str]:
        """The files of the first run, which are right."""
        script = STRANGER.replace("import said\n", f"import said\n{self.meanwhile}", 1)
        return {"mine.py": program(0), "said.py": self.model, "stranger.py": script, "limit.txt": "0"}


def asked_again(case: Stranger) -> Reply:
    """The answer of the second run."""
    with copied(case.before) as folder:
        first = told(folder)
        if not case.meanwhile and first.returncode:
            raise ValueError(f"the first run fails: {first.stdout} {first.stderr}")
        for name, text in {**case.before, "stranger.py": STRANGER, **case.changed}.items():
            (Path(folder) / name).write_text(text)
        second = told(folder)
    why = (second.stdout + second.stderr).strip().splitlines() or ["not a word"]
    if second.returncode == 0:
        return Reply(Answer.PROVED, why[-1])
    return Reply(Answer.REFUTED if Verdict.REFUTED.value in why[-1] else Answer.NOT_PROVED, why[-1])


def told(folder: str) -> subprocess.CompletedProcess[str]:
    """One run of the stranger's program."""
    command: Sequence[str] = [sys.executable, "stranger.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def shown_again(case: Stranger) -> str:
    """What the changed module returns, and what is demanded of it."""
    texts = {**case.before, **case.changed}
    result = executed_result(texts["mine.py"])
    space: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "limit.txt").write_text(texts["limit.txt"])
        os.chdir(folder)
        exec(texts["said.py"], space)
        os.chdir("/")
    demanded = space["CLAUSE"].formula(type("T", (), {"result": result})())
    return "" if demanded else f"run(5) returns {result}, which is not what is demanded"


def executed_result(text: str) -> Any:
    """What the stranger's ``run`` returns."""
    memory = CheckedRam(RAM)
    return loaded(text).Cell.claim(memory, CELL).run(5)


STRANGERS = (
    Stranger("stranger_broken", "the program returns 0", {"mine.py": program(1)}),
    Stranger(
        "strangers_data_changed",
        "the program returns the number that a file holds",
        {"limit.txt": "1", "said.py": TOLD},
        model=TOLD,
    ),
    Stranger(
        "strangers_settings_changed",
        "the program returns the number that is set",
        {"limit.txt": "1", "said.py": SET},
        model=SET,
    ),
    Stranger("strangers_model_broken", "the program returns what its model demands", {"said.py": SAID.format(1)}),
    Stranger(
        "edited_during_the_run",
        "the program returns 0, as it did before it was edited in the course of a run",
        {"mine.py": program(1)},
        "import pathlib as _p\n_p.Path('mine.py').write_text(" + repr(program(1)) + ")\n"
        "import linecache as _l\n_l.clearcache()\n",
    ),
    Stranger(
        "edited_back_during_the_run",
        "the broken program that is there now returns 0, because the one that a run met returned 0",
        {"mine.py": program(1)},
        "import pathlib as _p\n_p.Path('mine.py').write_text(" + repr(program(1)) + ")\n"
        "from proofs.engine import program as _g\n_g.source_fingerprint()\n"
        "_p.Path('mine.py').write_text(" + repr(program(0)) + ")\n",
    ),
)

CASES = (*MOVABLE, *(one.case() for one in (*MODELS, *STRANGERS)))
