"""A failing history as a script that somebody else can run, and what runs such a script.

    python history.py                 replays it on the allocator of this repository
    python history.py edition.py      replays it on another edition of the allocator's source

Exit status 1, with the violated theorem and a picture of the heap, if the violation shows; 0 if not.
"""

from __future__ import annotations

import ast
import re
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from proofs.checking.bench import load_edition
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation

GIVEN = re.compile(r"(a\d+) = world\.")
TEMPLATE = '''"""{theorem}

{sentence}

python {{this file}} [another edition of the allocator's source]
"""

from {replay} import replay
{imported}


def history(world: {world}) -> None:
    """The shortest history found."""
    {steps}


replay(history, {world}, frames={frames})
'''


def script_of(world: Stage, violation: Violation, steps: list[str] | None = None) -> str:
    """The journal of ``world``, which ended with ``violation``, as a script; or these steps, if they show it, too."""
    kind, steps = type(world), world.journal if steps is None else steps
    return TEMPLATE.format(
        theorem=violation.theorem,
        sentence=violation.sentence,
        replay=__name__,
        imported=kind.imported(),
        world=kind.__name__,
        steps="\n    ".join(renumbered(steps)),
        frames=world.frames,
    )


def renumbered(steps: list[str]) -> list[str]:
    """The same statements; blocks, called a1, a2, ..., are numbered as they come, whatever was left out."""
    given = [found[1] for step in steps if (found := GIVEN.match(step))]
    numbers = {name: f"a{number}" for number, name in enumerate(dict.fromkeys(given), 1)}
    return [with_names(step, numbers) for step in steps]


def with_names(statement: str, names: Mapping[str, str]) -> str:
    """The statement with other names for its variables; what only looks like one, in the text of bytes, stays."""
    found = [node for node in ast.walk(ast.parse(statement)) if isinstance(node, ast.Name) and node.id in names]
    for node in sorted(found, key=lambda node: -node.col_offset):
        statement = statement[: node.col_offset] + names[node.id] + statement[node.end_col_offset :]
    return statement


def violated_in(world: Stage, steps: list[str]) -> Violation | None:
    """The violation that ``steps`` meet when they are executed in ``world``, None if none or if they do not run."""
    try:
        exec("\n".join(steps), {"world": world})
    except Violation as violation:
        return violation
    except Exception:
        return None  # without the statement that is missing, the rest need not make sense
    return None


def theorem_violated_in(world: Stage, steps: list[str]) -> str:
    """The theorem of that violation, "" if there is none."""
    violation = violated_in(world, steps)
    return violation.theorem if violation is not None else ""


def _parsed(script: str) -> tuple[ast.Module, ast.FunctionDef, ast.Call]:
    """A script, its history, and the call at its end that replays it."""
    tree = ast.parse(script)
    history = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    last = tree.body[-1]
    if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
        raise ValueError("a script ends with the call that replays it")
    return tree, history, last.value


def history_of(script: str) -> list[str]:
    """The statements of a script's history."""
    _, history, _ = _parsed(script)
    return [ast.get_source_segment(script, statement) or "" for statement in history.body[1:]]


def stage_of(script: str, edition: types.ModuleType | None) -> Stage:
    """The world in which the script's history runs, on ``edition`` (None: the sound one), as it is at first."""
    tree, _, call = _parsed(script)
    space: dict[str, Any] = {"__name__": "history"}
    exec(compile(ast.Module(tree.body[:-1], []), "history.py", "exec"), space)
    frames = next(ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg == "frames")
    world: Stage = space[ast.unparse(call.args[1])](frames, edition)
    return world


def violated_by(script: str, edition: types.ModuleType | None) -> str:
    """The theorem that falls when the script's history runs on ``edition`` (None: the sound one), "" if none."""
    return theorem_violated_in(stage_of(script, edition), history_of(script))


def replay(history: Callable[[Any], None], world: type[Stage], frames: int) -> None:
    """Run ``history`` in a new world, of the edition that the command line names; exit 1 on a violation."""
    edition = load_edition(world.bench.module, Path(sys.argv[1]).read_text()) if sys.argv[1:] else None
    fresh = world(frames, edition)
    try:
        history(fresh)
    except Violation as violation:
        print("\n".join(fresh.journal))
        print(violation)
        sys.exit(1)
    print(f"no violation in {len(fresh.journal)} steps")
