"""The defect gallery: each known defect of another system, put back, must be refuted and found.

For every variant two questions: which theorem does the prover no longer prove, and which run of the
variant breaks a theorem, in how many steps.  The run is replayed on the variant, where it must
break the same theorem, and on the sound edition, where it must break none.

Variants live with the tests (tests/defects) and are loaded from there by name, as data.
"""

from __future__ import annotations

import hashlib
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from proofs import project, registry
from proofs.checking.bench import load_edition
from proofs.checking.campaign import CheckResult, check
from proofs.checking.script import history_of, violated_by
from proofs.checking.witness import scripted_violation
from proofs.claims import TESTS, NoTests
from proofs.engine.cache import Cache
from proofs.engine.climbing import climb, look
from proofs.engine.edition import look_again
from proofs.engine.gathering import Subjects, collected
from proofs.engine.options import Options
from proofs.engine.program import source_fingerprint
from proofs.engine.text import Rung
from proofs.engine.theorem import Collected
from proofs.engine.workers import LONG_PATIENCE, Pool
from proofs.originals import ORIGINALS, Original, UnknownOriginal

SEARCH_STEPS = 6000
"""Steps of the stateful checker for one variant."""


@dataclass(frozen=True)
class Exhibit:
    """What became of one variant.

    ``theorem`` is the first theorem that is no longer proved, ``broken`` the one that a run breaks, ``steps`` the
    statements of that run and ``replays`` whether it shows the defect again; "" and 0 where there is none.
    """

    original: str
    subject: str
    variant: str
    fault: str
    theorem: str
    broken: str
    steps: int
    replays: bool
    complaint: str = ""

    @property
    def proved_against(self) -> bool:
        """Whether the prover noticed."""
        return bool(self.theorem)

    @property
    def complete(self) -> bool:
        """Refuted by a theorem, and found by a run that replays."""
        return self.proved_against and self.steps > 0 and self.replays


@dataclass(frozen=True)
class Entry:
    """One known defect, with the variants that stand for it."""

    original: Original
    registered: bool
    exhibits: tuple[Exhibit, ...]

    @property
    def lacking(self) -> str:
        """Why the defect does not count as shown, "" if it does."""
        if any(exhibit.complete for exhibit in self.exhibits) or not self.registered:
            return ""
        if not self.exhibits:
            return "no variant stands for it"
        if not any(exhibit.proved_against for exhibit in self.exhibits):
            return "no theorem refutes it"
        return "no run was found that shows it"


def defects_of(subject: str, tests: Path = TESTS) -> list[Any]:
    """The variants of a subject: its module in tests/defects."""
    if not (tests / "defects").is_dir():
        raise NoTests(tests / "defects")
    if str(tests.parent) not in sys.path:
        sys.path.insert(0, str(tests.parent))
    name = f"tests.defects.{subject}"
    if find_spec(name) is None:
        return []
    return list(import_module(name).DEFECTS)


def chosen(patterns: Sequence[str]) -> list[Original]:
    """The known defects with these ids, or of these subjects; without a pattern all, in a project those of its own."""
    known = {original.id for original in ORIGINALS} | {original.subject for original in ORIGINALS}
    for pattern in patterns:
        if pattern not in known:
            raise UnknownOriginal(pattern)
    if not patterns:
        own = None if project.at_hand() is None else registry.at_hand()
        return [o for o in ORIGINALS if own is None or o.subject in own]
    return [o for o in ORIGINALS if o.id in patterns or o.subject in patterns]


def gallery(
    patterns: Sequence[str], jobs: int, cache: Cache, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Entry]:
    """Every chosen defect with what became of its variants; those whose sources did not change from the cache."""
    originals = chosen(patterns)
    variants = [
        (original, defect)
        for original in originals
        if original.subject in registry.SUBJECTS
        for name in places(original.subject)
        for defect in defects_of(name)
        if defect.stands_for == original.id
    ]
    found: dict[int, Exhibit] = {}
    for number, (_, defect) in enumerate(variants):
        remembered = cache.recall(*_key(defect))
        if remembered is not None:
            found[number] = Exhibit(**remembered)
    missing = [number for number in range(len(variants)) if number not in found]
    with Pool(jobs if missing else 1, patience=1200) as pool:
        calls = [(variants[number][0].id, variants[number][1]) for number in missing]

        def lost(position: int, reason: str, hung: bool) -> Exhibit:
            original, defect = variants[missing[position]]
            facts = (original.id, defect.subject, defect.name, defect.fault)
            return Exhibit(*facts, "", "", 0, False, reason)

        for done, (number, exhibit) in enumerate(zip(missing, pool.each(exhibited, calls, lost), strict=True), 1):
            if exhibit is not None:
                found[number] = exhibit
                if not exhibit.complaint:
                    cache.remember(*_key(variants[number][1]), asdict(exhibit))
            progress(done, len(missing))
    cache.save()
    return [
        Entry(
            original,
            original.subject in registry.SUBJECTS,
            tuple(found[number] for number, (other, _) in enumerate(variants) if other == original),
        )
        for original in originals
    ]


def places(subject: str) -> tuple[str, ...]:
    """Modules of tests/defects that may hold variants for the known defects of a subject."""
    return (subject, *registry.record_of(subject).seen_in)


def _key(defect: Any) -> tuple[str, str]:
    text = repr(defect) + defect.source()
    return f"gallery {defect.subject} {defect.name}", hashlib.sha256((source_fingerprint() + text).encode()).hexdigest()


# ---------------------------------------------------------------- one variant


def exhibited(original: str, defect: Any) -> Exhibit:
    """Prove the variant's theorems, then search for a run."""
    facts = (original, defect.subject, defect.name, defect.fault)
    try:
        source = defect.source()
        theorem = refuted_theorem(defect.subject, defect.theorems, source)
        result = found_run(defect.subject, source)
    except Exception as error:
        return Exhibit(*facts, "", "", 0, False, f"{type(error).__name__}: {error}")
    if result.violation is None:
        return Exhibit(*facts, theorem, "", 0, False)
    edition = load_edition(registry.proof_of(defect.subject).module, source)
    again, sound = violated_by(result.script, edition), violated_by(result.script, None)
    replays = again == result.violation.theorem and not sound
    return Exhibit(*facts, theorem, result.violation.theorem, len(history_of(result.script)), replays)


def refuted_theorem(subject: str, theorems: Sequence[str], source: str, cache: Cache | None = None) -> str:
    """The first of ``theorems`` that is not proved of ``source``, "" if all are; an ERROR is no refutation.

    Obligations that ``cache`` answers are not solved again, and the first one that stays open settles the matter.
    Each operation is executed once, when the first theorem of it is looked at.
    """
    look_again()
    proof, found = registry.proof_of(subject), dict[str, Collected]()
    options = Options(jobs=1, cache=cache or Cache(None), sources={subject: source})
    with Pool(1, LONG_PATIENCE, apart=True) as pool:
        for theorem in theorems:
            operation = next(one for one in proof.subject.operations if theorem.startswith(f"{subject}.{one.name}."))
            if operation.name not in found:
                subjects = Subjects([proof], options.resolve)
                (found[operation.name],) = collected([(proof, operation)], subjects, options, options.cache)
            own = [one for one in found[operation.name].theorems if one.result.id == theorem]
            rungs = [problem.rungs for one in own for problem in one.problems if problem.rungs]
            if rungs and any(pool.each(_is_open, [(rungs,)], lambda *lost: False)):
                return theorem
    return ""


def _is_open(problems: Sequence[Sequence[Rung]]) -> bool:
    """Whether one of some problems is not proved: those that a quick look leaves open are tried in earnest."""
    left = [one for one in problems if look(one, 0).answer.answer != "unsat"]
    return any(climb(one, 0, looked=1).answer.answer in ("sat", "unknown") for one in left)


def found_run(subject: str, source: str) -> CheckResult:
    """What the scenario, and then the stateful checker, find in ``source``."""
    edition: types.ModuleType = load_edition(registry.proof_of(subject).module, source)
    told = scripted_violation(subject, edition)
    if told.violation is not None:
        return told
    return check(subject, SEARCH_STEPS, edition=edition)
