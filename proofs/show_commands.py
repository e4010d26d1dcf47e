"""The commands that tell what is to be proved, and prove nothing: list, show, spec and language.

Exit statuses are those of cli.py.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from model.language.logic import Clause, Operation
from proofs import engine, registry
from proofs.command import CACHE, EXIT_NOTHING, format_option, kept
from proofs.engine.cache import Cache
from proofs.engine.collect import collect, may_select, selected
from proofs.engine.entered import watch
from proofs.engine.gathering import Gathering, Subjects, selected_items
from proofs.engine.options import Options
from proofs.engine.reached import with_reachable
from proofs.engine.theorem import Collected, Theorem
from proofs.engine.verdict import TheoremResult
from proofs.spec import bound_in, functions_of, specified
from proofs.word import word_option

STEP = "  (a step of the proof)"
"""What `list` says of what only serves theorems after it."""


@click.command("list")
@click.argument("select", nargs=-1)
@word_option
@format_option
def list_(select: tuple[str, ...], format_: str) -> int:
    """List theorems with their sentences, without proving them; and which of them are but steps of a proof."""
    theorems = theorems_of(registry.subjects_of(select), select)
    if format_ == "json":
        click.echo(json.dumps([{"id": t.id, "sentence": t.sentence, "step": t.step} for t in theorems], indent=2))
    else:
        for theorem in theorems:
            click.echo(f"{theorem.id}{STEP if theorem.step else ''}\n    {theorem.sentence}")
    return 0 if theorems else EXIT_NOTHING


@click.command()
@click.argument("theorem")
@click.option("--smt", type=click.IntRange(min=1), help="Print obligation N as SMT-LIB instead.")
@word_option
def show(theorem: str, smt: int | None) -> int:
    """Show one theorem: its sentence, its formula, and the obligations that it comes down to.

    Of an operation (stack.whole): what it starts from, what it ensures, and which theorems of others it rests on.
    """
    registry.subjects_of((theorem,))
    operation = _operation(theorem)
    if operation is not None and smt is None:
        click.echo(_told(theorem, operation))
        return 0
    found = _find(theorem)
    if found is None:
        click.echo(f"no theorem is called {theorem!r}; `drystone list` shows them", err=True)
        return EXIT_NOTHING
    if smt is not None and smt > len(found.problems):
        click.echo(
            f"{theorem} has {len(found.problems)} obligations for the solver: there is no number {smt}", err=True
        )
        return EXIT_NOTHING
    click.echo(_described(found) if smt is None else _smt(found, smt))
    return 0


@click.command()
@click.argument("subject")
@word_option
def spec(subject: str) -> int:
    """Print the whole specification of a subject: state, words, invariants, and what each public operation owes.

    `heap` is what every heap owes its user, whatever it is made of: an allocator in C, too.

    Every clause stands there with its sentence and its formula, and nothing that only helps a proof.
    """
    click.echo(specified(subject), nl=False)
    return 0


def collected(names: Sequence[str], patterns: Sequence[str]) -> list[Collected]:
    """The obligations of the selected operations, without solving any."""
    return [
        with_reachable(collect(proof, operation, Cache(None), 0, None), None)
        for proof in map(registry.proof_of, names)
        for operation in proof.subject.operations
        if may_select(f"{proof.subject.name}.{operation.name}", patterns)
    ]


def theorems_of(names: Sequence[str], patterns: Sequence[str]) -> list[TheoremResult]:
    """The selected theorems, unproved; what a run of ``prove`` remembered of an operation is not executed again."""
    watch()
    options = Options(cache=Cache(kept(CACHE)()), only=True, resolve=registry.known)
    proofs = [registry.proof_of(name) for name in names]
    gathering = Gathering(Subjects(proofs, registry.known), patterns, options)
    gathering.gather(selected_items(proofs, patterns))
    items = [gathering.found[name] for name in gathering.chosen]
    return [t.result for item in items for t in item.theorems if selected(t.result.id, patterns)]


def _find(theorem_id: str) -> Theorem | None:
    """One theorem by its full id."""
    subject = theorem_id.split(".", maxsplit=1)[0]
    for item in collected([subject], [theorem_id]):
        for theorem in item.theorems:
            if theorem.result.id == theorem_id:
                return theorem
    return None


def _operation(name: str) -> Operation | None:
    """The operation of that full name."""
    subject, _, operation = name.partition(".")
    found = registry.proof_of(subject).subject.operations
    return next((one for one in found if one.name == operation), None)


def _told(name: str, operation: Operation) -> str:
    """What an operation requires, ensures and rests on, in sentences."""
    lines = [f"{name}({', '.join(operation.arguments)})", "", "  starts from"]
    lines += [f"    {law.name}: {law.sentence}" for law in operation.requires]
    lines += ["", "  ensures", *(f"    {law.name}: {law.sentence}" for law in operation.ensures if not law.inner)]
    (item,) = collected([name.partition(".")[0]], [name])
    grouped: dict[str, list[str]] = {}
    for other in sorted(item.rests):
        subject, called, *law = other.split(".")
        grouped.setdefault(f"{subject}.{called}", []).extend(law or ["all theorems"])
    if grouped:
        lines += ["", f"  rests on {len(item.rests)} theorems or whole operations"]
        lines += textwrap.wrap("; ".join(f"{one}: {', '.join(laws)}" for one, laws in grouped.items()), **INDENTED)
    return "\n".join(lines)


INDENTED: Any = {"width": 116, "initial_indent": "    ", "subsequent_indent": "    ", "break_on_hyphens": False}


def clause_of(theorem_id: str) -> Clause | None:
    """The clause of the model that a theorem states, if it is not one of the prover's own."""
    subject_name, operation_name, *rest = theorem_id.split(".")
    subject = registry.proof_of(subject_name).subject
    clauses = [*subject.operation(operation_name).ensures, *subject.invariants] if rest else []
    return next((clause for clause in clauses if clause.name == rest[-1]), None)


def _described(theorem: Theorem) -> str:
    """Sentence, documented statements, formula and obligations of a theorem."""
    theorem_id = theorem.result.id
    lines = [theorem_id, f"  {theorem.result.sentence}"]
    clause = clause_of(theorem_id)
    if clause is not None:
        if clause.covers:
            lines.append(f"  covers {', '.join(clause.covers)}")
        lines += ["", *(f"    {line}" for line in written(clause))]
    lines += ["", f"  {len(theorem.problems)} obligations for the solver, {theorem.result.obvious} obvious ones"]
    for number, problem in enumerate(theorem.problems, start=1):
        lines.append(f"  {number}. {problem.line or 'at the end'}; {problem.sentence}")
        lines += [f"       {decision}" for decision in problem.decisions]
    return "\n".join(lines)


def written(clause: Clause) -> Iterator[str]:
    """The lines of a clause's formula, as it stands in the model."""
    yield from (f"with {name} = {value}" for name, value in bound_in(clause.written))
    for function in functions_of(clause.written):
        yield from inspect.getsource(function).rstrip().splitlines()


def _smt(theorem: Theorem, number: int) -> str:
    """The SMT-LIB text of one obligation: unsatisfiable exactly if the obligation holds."""
    return f"{theorem.problems[number - 1].rungs[-1][0]}(check-sat)"


@click.command()
def language() -> int:
    """Print what a program under proof may consist of, and what it means in a proof."""
    click.echo((Path(engine.__path__[0]) / "LANGUAGE.md").read_text(), nl=False)
    return 0


COMMANDS = {"list": list_, "show": show, "spec": spec, "language": language}
