"""How a counterexample goes: its history once more, step by step, with a map of the heap after each.

What is shown is read from the memory of the run; the last step is the one at which a theorem falls.
"""

from __future__ import annotations

import ast
import types
from dataclasses import dataclass
from typing import Any

from impl.arithmetic import NULL
from proofs.checking.script import history_of, stage_of, with_names
from proofs.checking.stage import Stage
from proofs.checking.text import shown
from proofs.checking.violation import Violation
from proofs.maps.heap_map import LIVE, MOST_SPANS, HeapMap, Span, focused, of_data, renamed
from proofs.maps.seen import UNHELD, map_of

NEW = "new"


@dataclass(frozen=True)
class Step:
    """One ``statement`` of a history, what came of it, and the heap then, None if nobody can draw it."""

    statement: str
    outcome: str
    map: HeapMap | None


@dataclass(frozen=True)
class Unfolding:
    """A history that breaks ``theorem``: its steps, the ``sentence`` that is false after the last, what was seen."""

    theorem: str
    sentence: str
    detail: str
    steps: tuple[Step, ...]

    def as_data(self) -> dict[str, Any]:
        """The same as JSON data; of a map its spans, [start, size, kind, label, changed]."""
        steps = [[step.statement, step.outcome, step.map.as_data() if step.map else None] for step in self.steps]
        return {"theorem": self.theorem, "sentence": self.sentence, "detail": self.detail, "steps": steps}


def of_unfolding(data: dict[str, Any]) -> Unfolding:
    """What ``Unfolding.as_data`` told."""
    steps = (Step(text, outcome, None if m is None else of_data(m)) for text, outcome, m in data["steps"])
    return Unfolding(data["theorem"], data["sentence"], data["detail"], tuple(steps))


def unfolded(script: str, edition: types.ModuleType | None) -> Unfolding | None:
    """The script's history on ``edition`` (None: the sound one), up to the theorem that falls; None if none does."""
    world = stage_of(script, edition)
    run = _Run(world)
    for statement in history_of(script):
        fallen = run.step(statement)
        if fallen is not None:
            return Unfolding(fallen.theorem, fallen.sentence, fallen.detail, tuple(run.steps))
    return None


class _Run:
    """A history under way: the steps so far.

    A script numbers blocks as the history had them that it was cut from, a world as they come: it is the world that
    the maps follow, and the statements with them.
    """

    def __init__(self, world: Stage) -> None:
        self.world = world
        self.space: dict[str, Any] = {"world": world}
        self.names: dict[str, str] = {}
        self.steps: list[Step] = []
        self.before = HeapMap()

    def step(self, statement: str) -> Violation | None:
        """The next statement; the theorem that falls, if one does."""
        (node,) = ast.parse(statement).body
        fallen: Violation | None = None
        outcome = ""
        try:
            outcome = self._executed(node, statement)
        except Violation as violation:
            fallen, outcome = violation, "breaks the theorem"
            self._hand_back(node)
        now = _map(self.world, handed_out(fallen) if fallen is not None else None)
        if now is not None and fallen is not None:
            now = renamed(now, UNHELD, self._meant(node))
        seen = focused(now.since(self.before), MOST_SPANS) if now is not None else None
        self.steps.append(Step(self._shown(node, statement, fallen is not None), outcome, seen))
        self.before = now or HeapMap()
        return fallen

    def _executed(self, node: ast.stmt, statement: str) -> str:
        """Execute one statement; its value in words, "" if it has none."""
        if isinstance(node, ast.Expr):
            return _told(eval(statement, self.space))
        exec(statement, self.space)
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            return ""
        value = self.space[node.targets[0].id]
        known = getattr(self.world, "names", {})
        if isinstance(value, int) and value in known:
            self.names[node.targets[0].id] = known[value]
        return _told(value)

    def _hand_back(self, node: ast.stmt) -> None:
        """The block that a call was given no longer is its user's, though the call did not come to a proper end."""
        call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith(("free", "realloc")):
            return
        given = tuple(eval(ast.unparse(argument), self.space) for argument in call.args)
        getattr(self.world, "contents", {}).pop(given[0], None)
        if (model := getattr(self.world, "model", None)) is not None:
            model.live.pop(given, None)

    def _meant(self, node: ast.stmt) -> str:
        """Who had, or was to have, the block of which a call that broke a theorem speaks."""
        if isinstance(node, ast.Assign):
            return NEW
        names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id in self.names]
        return self.names[names[0]] if len(names) == 1 else UNHELD

    def _shown(self, node: ast.stmt, statement: str, fallen: bool) -> str:
        """The statement as a reader wants it: without the world, blocks as the map names them."""
        names = dict(self.names)
        if fallen and isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = NEW
        return with_names(statement, names).replace("world.", "", 1)


def _told(value: Any) -> str:
    """A value that a reader can use."""
    if value is None or isinstance(value, Stage):
        return ""
    return shown(value) if isinstance(value, int | str | tuple) else ""


def handed_out(fallen: Violation) -> Span | None:
    """The block that the call handed out which broke a theorem; None if it handed out none."""
    t = fallen.transition
    size = t.arguments.get("size") if t is not None else None
    if t is None or t.raised or not isinstance(size, int) or not isinstance(t.result, int) or t.result <= NULL:
        return None
    return Span(t.result, size, LIVE, NEW)


def _map(world: Stage, handed: Span | None) -> HeapMap | None:
    """The map now; None where a broken heap cannot be drawn."""
    try:
        return map_of(world, handed)
    except Exception:  # whatever a broken heap does to whoever reads it: the history is shown without a picture
        return None
