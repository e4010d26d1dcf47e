"""Why an obligation stays open: what a loop forgot, what never moved, which facts the solver turned round in.

NOT TRUSTED: what it finds is only told, beside an obligation that is not proved.

The solver counts how often it used each fact that speaks of all values.  It prints the counts to standard error when
it ends, so it is asked once more in a process of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

from proofs.engine.text import Piece, Text
from proofs.engine.theorem import Problem

BUDGET = 1_000_000
PATIENCE = 20.0
"""Seconds for the solver that counts."""
MOST = 3
"""So many facts are named."""
OFTEN = 100
"""A fact that was used less often than this took no time."""
DEEP = 8
"""So many times over, a use of a fact came from terms that an earlier use of some fact had made."""
SYMBOL = re.compile(r"[A-Za-z_][\w.%]*\$\d+")
COUNTED = re.compile(r"\[quantifier_instances\]\s+F(\d+)\s*:\s*(\d+)\s*:.*:\s*(\d+)\s*:")

SOLVER = """
import sys, z3
z3.set_param("smt.qi.profile", True)
solver = z3.SimpleSolver()
solver.set("auto_config", False)
solver.set("mbqi", False)
solver.set("rlimit", int(sys.argv[1]))
solver.from_string(sys.stdin.read())
solver.check()
"""


def reasons(problem: Problem, unknown: bool) -> tuple[str, ...]:
    """What can be told of why ``problem`` is open, in sentences; of one that is ``unknown`` also what took so long."""
    text = problem.rungs[-1][0] if problem.rungs else None
    if text is None:
        return problem.remarks
    return (*problem.remarks, *_lost(problem, text), *(_turning(text) if unknown else ()))


def _lost(problem: Problem, text: Text) -> list[str]:
    """The loops behind which nothing is known of something in the goal but what their invariants say of it."""
    wanted = _near(text)
    found: dict[str, list[str]] = {}
    for constant, part, loop in problem.lost:
        if constant in wanted and part not in found.setdefault(loop, []):
            found[loop].append(part)
    return [
        f"{loop} forgets {', '.join(parts)}: only its invariants are known of that; does one say what is missing?"
        for loop, parts in found.items()
        if parts
    ]


def _near(text: Text) -> set[str]:
    """The constants of the goal, and those that define them."""
    wanted = symbols(text.pieces[-1])
    for piece in reversed(text.pieces[:-1]):
        if not piece.label and (mine := symbols(piece)) & wanted:
            wanted |= mine
    return wanted


def symbols(piece: Piece) -> set[str]:
    """The constants in an assertion."""
    return set(SYMBOL.findall(piece.assertion))


def _turning(text: Text) -> list[str]:
    """The facts that were used most often, if any was used so often that it may feed itself."""
    counts, depths = instances(text)
    endless = [label for label, depth in depths.most_common(MOST) if depth >= DEEP]
    if endless:
        return [
            f"the solver goes round in {', '.join(endless)}: each use makes terms that call for the next; "
            "state the law of a map that it does not itself read at a new place (trigger=, at, each)"
        ]
    most = [(label, number) for label, number in counts.most_common(MOST) if number >= OFTEN]
    return [f"most used by the solver: {', '.join(f'{label} ({n} times)' for label, n in most)}"] if most else []


def instances(text: Text) -> tuple[Counter[str], Counter[str]]:
    """How often the solver used each fact that speaks of all values, and how deep its uses rest on each other."""
    named = [_named(piece, number) for number, piece in enumerate(text.pieces)]
    declared = sorted(set().union(*(piece.declarations for piece in text.pieces)))
    counted: Counter[str] = Counter()
    depths: Counter[str] = Counter()
    try:
        done = subprocess.run(
            [sys.executable, "-c", SOLVER, str(BUDGET)],
            input="\n".join([*declared, *named]),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return counted, depths
    for number, count, depth in COUNTED.findall(done.stderr):
        label = text.pieces[int(number)].label or "a definition"
        counted[label] += int(count)
        depths[label] = max(depths[label], int(depth))
    return counted, depths


def _named(piece: Piece, number: int) -> str:
    """The assertion, its quantifiers named by its number."""
    return re.sub(r":pattern", f":qid F{number} :pattern", piece.assertion)
