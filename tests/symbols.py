"""Symbols of which nothing is known, for the tests of the specification language."""

from __future__ import annotations

import z3

from proofs.engine import path as paths
from proofs.engine.facts import Fact, Obligation
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.smtlib import Printer

THEORY = ("power", "rest", "flip", "right", "with_bit", "lowest", "length", "both", "times", "mentioned")
"""Names of functions that the prover itself has laws of."""


def prepared(run):
    """What ``run(path)`` makes on a path of its own, inside a specification."""

    def inside(path):
        with path.ghost():
            return run(path)

    return paths.prepare("toy.run", inside)


def symbols():
    """A set and two maps of which nothing is known."""
    return (
        SymSet.arbitrary("members", z3.BoolSort()),
        SymMap.arbitrary("numbers", z3.IntSort()),
        SymMap.arbitrary("others", z3.IntSort()),
    )


def printed(term, *facts):
    """The text of the problem whether ``term`` follows from the facts."""
    known = [Fact(fact) for fact in facts]
    return str(Printer().problem(Obligation("toy.run.it", "", term, known, len(known), "", (), ())))
