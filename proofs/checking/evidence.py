"""What running code says to the prover, which loads this by its name: ends that are reached, theorems that break.

NOT TRUSTED: what is found here refutes a theorem, or says that one is not empty; neither shows one to hold.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from proofs import registry
from proofs.checking.bench import load_edition
from proofs.checking.campaign import CheckResult, check
from proofs.checking.standing import tried
from proofs.checking.variant import import_anew
from proofs.checking.witness import reached, scripted_violation
from proofs.engine.depends import ran
from proofs.maps.unfolding import unfolded
from proofs.proving import Played, Search


def played(name: str, texts: dict[str, str]) -> Played:
    """The ends that the scenario of a subject comes to, as JSON data, why it ended early, and what theorem it broke.

    None of an operation that was never properly called.  Beside them the functions of programs that ran; of a variant,
    where all is imported anew, none are told.  It may change what this process imports.
    """
    if texts:
        import_anew(texts)
    witness, subjects = import_module(reached.__module__), import_module(registry.__name__)
    found, failure, broken = witness.reached(subjects.proof_of(name))
    ends = {name: sorted(seen.ends) if seen.satisfied else [] for name, seen in found.operations.items()}
    return ends, failure, broken, () if texts else tuple(ran())


STEPS, CHECKS = 6000, 120_000
"""Where nobody says how many steps: so many, or as many as evaluate so many clauses, whichever are fewer."""


def searched(name: str, source: str | None, steps: int | None, told: bool = False) -> Search:
    """Play the story of a subject, unless it was ``told``, then so many random steps, until a theorem is broken."""
    edition = _edition(name, source)
    found = CheckResult(0, 0) if told else scripted_violation(name, edition)
    if found.violation is None and not registry.has_rules(name):
        return Search(found.steps, failure=str(registry.NoRules(name)))
    if found.violation is None:
        found = check(
            name, STEPS if steps is None else steps, edition=edition, checks=CHECKS if steps is None else None
        )
    return _told(found, edition)


def scripted(name: str, source: str | None) -> Search:
    """Play the scenario of a subject, until a theorem is broken."""
    edition = _edition(name, source)
    return _told(scripted_violation(name, edition), edition)


def _edition(name: str, source: str | None) -> ModuleType | None:
    """What runs in place of a subject's own module, if it is given another text."""
    return load_edition(registry.proof_of(name).module, source) if source is not None else None


def _told(found: CheckResult, edition: ModuleType | None) -> Search:
    """What was found, told step by step."""
    if found.violation is None:
        return Search(found.steps)
    told = unfolded(found.script, edition)
    data = told.as_data() if told is not None else None
    fell = found.violation
    return Search(found.steps, fell.theorem, fell.sentence, found.script, unfolding=data, theorems=fell.theorems)


def stood(name: str, operation: str, text: str, source: str | None) -> tuple[Search, str]:
    """Try the state that the solver proposes against an obligation of an operation, whose SMT-LIB text is given."""
    return tried(name, operation, text, _edition(name, source))
