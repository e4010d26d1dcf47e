"""A state that the solver proposed, laid out on a machine: is it one, and does an operation break a clause from there?

A proposal counts only as far as the machine bears it out.  Headers are claimed, fields stored, pages mapped; then every
invariant, and what the operation requires, is evaluated on what lies there (``Checked``), and the call is made.

NOT TRUSTED: what is found here refutes a theorem by a run, and shows none to hold.
"""

from __future__ import annotations

import types
from typing import Any

from impl.arithmetic import PAGE_SIZE
from model.language.logic import Operation
from proofs import registry
from proofs.checking import derived
from proofs.checking.script import script_of
from proofs.checking.violation import PreconditionError, Violation
from proofs.engine.candidate import WINDOW, Proposal, proposals
from proofs.engine.lineage import class_in
from proofs.plain import made_of
from proofs.proving import Search

NO_STATE = "the solver's candidate was tried: it is no state, for on a machine it is not so that {}"
KEPT = "the solver's candidate was tried on a machine: from there the operation breaks nothing"
NOT_LAID = "the solver's candidate was tried: it cannot be laid out on a machine ({})"
NONE = "the solver has no candidate of small numbers that could be tried on a machine"
FRAMES = 64


def tried(name: str, operation: str, text: str, edition: types.ModuleType | None) -> tuple[Search, str]:
    """What comes of the proposals against an obligation of an operation: a run that breaks something, or a sentence."""
    told = NONE
    wanted = registry.proof_of(name).subject.operation(operation)
    for proposal in proposals(text, wanted.arguments):
        found, told = stands(name, wanted, proposal, edition)
        if found.theorem:
            return found, ""
    return Search(0), told


def stands(name: str, operation: Operation, proposal: Proposal, edition: types.ModuleType | None) -> tuple[Search, str]:
    """The run from one proposal that breaks something; else what came of it, in a sentence."""
    world = derived.world_of(name)(FRAMES, edition)
    try:
        world.stand(*laid_out(name, proposal))
        arguments = arguments_of(operation, proposal)
    except PreconditionError as error:
        return Search(0), NO_STATE.format(_sentence(error))
    except Exception as error:  # numbers that no field holds, headers on top of each other; no operation was called yet
        said = (str(error).splitlines() or [""])[0]
        return Search(0), NOT_LAID.format(f"{type(error).__name__}: {said}")
    try:
        world.run_there(operation.name, *arguments)
    except PreconditionError as error:
        return Search(0), NO_STATE.format(_sentence(error))
    except Violation as violation:
        script = script_of(world, violation)
        fell = violation.theorem, violation.sentence
        return Search(1, *fell, script, theorems=violation.theorems), ""
    return Search(1), KEPT


def _sentence(error: PreconditionError) -> str:
    """The sentence of the clause that does not hold."""
    return str(error).splitlines()[0].partition(": ")[2]


Headers = dict[str, dict[int, dict[str, int | bool]]]
Parts = dict[str, Any]


def laid_out(name: str, proposal: Proposal) -> tuple[int, list[int], Headers, Parts]:
    """Where the descriptor lies, which pages are mapped, the headers with their fields, and the abstract state."""
    proof = registry.proof_of(name)
    headers: Headers = {}
    for struct in proof.structs:
        fields = [field.name for field in class_in(proof.module, struct).FIELDS]
        there = {
            address: {one: _at(proposal, f"{struct}.{one}", address) for one in fields}
            for address in _claims(proposal, struct)
        }
        headers[struct] = there
    whole = "mapped" not in proposal.maps  # where nothing is said of pages they are there
    pages = [page for page in range(WINDOW // PAGE_SIZE) if whole or _at(proposal, "mapped", page)]
    parts: Parts = {}
    state: Any = proof.state

    def part(kind: str, called: str) -> None:
        parts[called.removeprefix(f"{name}.")] = _part(proposal, kind, called)

    made_of(state, part, name)
    return int(proposal.values.get("heap", 0)), pages, headers, parts


def _claims(proposal: Proposal, struct: str) -> list[int]:
    """Where headers of that type lie."""
    return [address for address in range(WINDOW) if _at(proposal, f"claimed.{struct}", address)]


def _at(proposal: Proposal, name: str, address: int) -> Any:
    entries, elsewhere = proposal.maps.get(name, ({}, 0))
    return entries.get(address, elsewhere)


def _part(proposal: Proposal, kind: str, name: str) -> Any:
    """A part of the abstract state as a literal: a number, a truth, members of a set, a map with what is elsewhere."""
    if kind in ("Word", "Truth"):
        return proposal.values.get(name, 0 if kind == "Word" else False)
    entries, elsewhere = proposal.maps.get(name, ({}, 0 if kind == "GhostMap" else False))
    if kind == "GhostSet":
        return sorted(address for address in range(WINDOW) if entries.get(address, elsewhere))
    return dict(entries), elsewhere


def arguments_of(operation: Operation, proposal: Proposal) -> list[Any]:
    """The arguments that the proposal names."""
    kinds = [operation.kinds.get(name, "word") for name in operation.arguments]
    if "bytes" in kinds:
        raise ValueError("an argument is bytes")
    return [proposal.values.get(name, 0) for name in operation.arguments]
