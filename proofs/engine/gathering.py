"""Executes the selected operations, and all that they rest on, each in a process of its own.

TRUSTED: what is remembered of an operation is what executing it would say now.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from model.language.logic import Operation
from proofs.engine import bits, depends, edition, masks, multiples, powers, program, terms
from proofs.engine.cache import Cache
from proofs.engine.collect import Promise, collect, may_select, selected
from proofs.engine.depends import Texts
from proofs.engine.foundation import RESTS, relied_on
from proofs.engine.lineage import lineage
from proofs.engine.operation import Proof, at_hand, check_specifications, is_refused
from proofs.engine.options import Options, Story
from proofs.engine.reached import REACHABLE, not_executed, untold, with_reachable
from proofs.engine.specification import digest_of
from proofs.engine.theorem import Collected
from proofs.engine.workers import LONG_PATIENCE, Pool

Item = tuple[Proof, Operation]
TWICE = "of two things with one name nobody can tell which one is meant"


class Subjects:
    """The subjects of a run by name, and those that ``resolve`` knows."""

    def __init__(self, proofs: Sequence[Proof], resolve: Callable[[str], Proof | None]) -> None:
        self.given = {proof.subject.name: proof for proof in proofs}
        names = Counter(proof.subject.name for proof in proofs)
        self.twice = {name for name, number in names.items() if number > 1}
        self._resolve = resolve
        self._resolved: dict[str, Proof | None] = {}
        self._digests: dict[str, str] = {}

    def proof(self, name: str) -> Proof | None:
        """The subject of that name."""
        if name in self.given:
            return self.given[name]
        if name not in self._resolved:
            self._resolved[name] = self._resolve(name)
        return self._resolved[name]

    def item(self, name: str) -> Item | None:
        """The operation of that name with its subject."""
        subject, _, operation = name.partition(".")
        proof = self.proof(subject)
        found = [one for one in proof.subject.operations if one.name == operation] if proof else []
        return (proof, found[0]) if proof and found else None

    def promise(self, name: str) -> Promise | None:
        """The operation of that name, with the invariants of its subject."""
        item = self.item(name)
        return (item[1], tuple(item[0].subject.invariants)) if item else None

    def digest(self, name: str) -> str:
        """The digest of the operation of that name."""
        if name not in self._digests:
            self._digests[name] = digest_of(self.promise(name))
        return self._digests[name]

    def ambiguous(self, item: Item) -> bool:
        """Whether another subject, or another operation of it, goes by the same name."""
        proof, operation = item
        names = [one.name for one in proof.subject.operations]
        return proof.subject.name in self.twice or names.count(operation.name) > 1


def name_of(item: Item) -> str:
    """The name of an operation ("segment_heap.free")."""
    return f"{item[0].subject.name}.{item[1].name}"


def selected_items(proofs: Sequence[Proof], patterns: Sequence[str]) -> list[Item]:
    """The operations of which theorems may be selected, in the order of the model."""
    every = [(proof, operation) for proof in proofs for operation in proof.subject.operations]
    return [item for item in every if may_select(name_of(item), patterns)]


@dataclass
class Gathering:
    """What was executed, by operation.

    Of the ``chosen`` ones something may be selected; ``needed`` are those of which something is, and all that these
    rest on; ``missing`` are some that there are not.
    """

    subjects: Subjects
    patterns: Sequence[str]
    options: Options
    chosen: list[str] = field(default_factory=list)
    needed: list[str] = field(default_factory=list)
    found: dict[str, Collected] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    _specifications: dict[str, str] = field(default_factory=dict)
    _accepted: dict[str, bool] = field(default_factory=dict)
    _seen: dict[str, Texts] = field(default_factory=dict)

    def looks_at(self, theorem: str) -> bool:
        """Whether the run is to find out about a theorem."""
        return not self.options.only or selected(theorem, self.patterns)

    def gather(self, items: Sequence[Item]) -> None:
        """Execute these operations, then what those rest on of which something is selected, until nothing is left."""
        self.chosen = [name_of(item) for item in items]
        self._execute(items)
        new = [name for name in self.chosen if selects(self.found[name], self.patterns)]
        while new:
            self.needed += new
            below = dict.fromkeys(below for name in new for below in relied_on(self.found[name]))
            self._look_up([name for name in below if name not in self.found])
            new = [name for name in below if self._is_new(name)]
        self.options.closure.keep()

    def _is_new(self, name: str) -> bool:
        """Whether an operation that others rest on is to be looked at, and was not yet."""
        return name in self.found and name not in self.needed and not self.options.only

    def _look_up(self, names: Sequence[str]) -> None:
        """Execute these operations, if they are to be looked at; note which of them there are not."""
        items = {name: self.subjects.item(name) for name in names}
        self.missing |= {name for name, item in items.items() if not item and self.subjects.proof(name.split(".")[0])}
        if not self.options.only:
            self._execute([item for item in items.values() if item])

    # ------------------------------------------------------------ one round

    def _execute(self, items: Sequence[Item]) -> None:
        """Enter what executing these operations says, or is remembered to say.

        Stories are played beside that, so what is remembered may turn out not to fit the ends that they come to.
        """
        stories = self._stories(dict.fromkeys(proof.subject.name for proof, _ in items))
        marks = [self._fingerprint(item) if self.options.cache.path else "" for item in items]
        known = [self._remembered(item, mark) for item, mark in zip(items, marks, strict=True)]
        missing = [number for number, some in enumerate(known) if not some]
        played, fresh = executed([items[n] for n in missing], self.subjects, self.options, self.options.cache, stories)
        self._learn_ends(played)
        for number, item in zip(missing, fresh, strict=True):
            self._enter(item, items[number], marks[number])
        left = [number for number, some in enumerate(known) if some and not self._recall(some, items[number])]
        _, fresh = executed([items[n] for n in left], self.subjects, self.options, self.options.cache)
        for number, item in zip(left, fresh, strict=True):
            self._enter(item, items[number], marks[number])

    def _stories(self, subjects: Iterable[str]) -> list[Story]:
        """The stories that must be played to know which ends of these subjects are reached."""
        new = [name for name in subjects if name not in self.options.witnessed_subjects]
        return self.options.stories.unplayed(new) if self.options.stories is not None and new else []

    def _learn_ends(self, played: Sequence[Any]) -> None:
        """Enter which ends are reached."""
        if self.options.stories is not None:
            self.options.witnessed = {**self.options.witnessed, **self.options.stories.ends(played)}

    def _enter(self, fresh: Collected, item: Item, mark: str) -> None:
        """Enter what executing an operation says, and remember it."""
        proof, texts = item[0], self._texts(item[0])
        is_early = proof.subject.name in self.options.early  # what was remembered before is kept
        found = with_reachable(fresh, self.options.ends_of(proof.subject.name, item[1].name))
        found.functions = texts.functions(found.ran)
        found.ends = self._reached(item)
        self.found[found.operation] = found
        if mark and not is_early and self._is_current(found, texts):
            self.options.cache.put_collection(found, mark)

    def _remembered(self, item: Item, mark: str) -> list[Collected]:
        """What is remembered of an operation and is still so, wherever the cache answers all that matters of it."""
        if not mark or self.subjects.ambiguous(item):
            return []
        texts = self._texts(item[0])
        every = self.options.cache.collections(name_of(item), mark)
        return [one for one in every if self._is_current(one, texts) and self._is_answered(one)]

    def _recall(self, known: Sequence[Collected], item: Item) -> bool:
        """Enter what is remembered of an operation; whether any of it fits the ends that are known now."""
        found = next((one for one in known if self._fits(one, item)), None)
        if found is not None:
            self.found[found.operation] = _moved(found, self._texts(item[0]))
        return found is not None

    def _is_answered(self, found: Collected) -> bool:
        """Whether the cache answers all that matters of what is remembered."""
        return all(
            self.options.cache.get(problem.key) is not None
            for theorem in found.theorems
            if self.looks_at(theorem.result.id)
            for problem in theorem.problems
        )

    def _is_current(self, item: Collected, texts: Texts) -> bool:
        """Whether what executing it loads and runs, and the operations that its contracts stand for, are the same."""
        return (
            all(depends.exists(file, digest) for _, file, digest in item.files)
            and texts.are_current(item.functions)
            and all(self.subjects.digest(name) == digest for name, digest in item.contracts)
        )

    def _fingerprint(self, item: Item) -> str:
        """What executing an operation depends on; "" if that cannot be told."""
        if program.nameless():
            return ""
        proof = item[0]
        subject, texts = proof.subject.name, self._texts(proof)
        if subject not in self._specifications:
            self._specifications[subject] = (
                f"{digest_of(proof)} {self._files(proof, texts)} {heads_of(proof, texts.known)}"
            )
        if not self._is_accepted(proof):
            return ""
        return hashlib.sha256(f"{self._specifications[subject]} {self.options.seed}".encode()).hexdigest()

    def _files(self, proof: Proof, texts: Texts) -> str:
        """Which files count for a subject, what is in them, and the state in which their modules are."""
        closure = self.options.closure
        if texts.modules is None:
            return texts.fingerprint()
        state = hashlib.sha256(repr(closure.state.of(texts.modules)).encode()).hexdigest()
        return f"{texts.fingerprint(closure.files(texts.modules))} {state}"

    def _reached(self, item: Item) -> tuple[tuple[str, ...], ...] | None:
        """The ends of an operation that were reached, wherever its functions lie now; None if nobody can tell."""
        proof, operation = item
        ends = self.options.ends_of(proof.subject.name, operation.name)
        relative = self._texts(proof).relative
        modules = [module.__name__ for module in lineage(proof.module)]
        return None if ends is None else tuple(sorted(relative(modules, end) for end in ends))

    def _fits(self, found: Collected, item: Item) -> bool:
        """Whether what is remembered says which of the ends that are known now are reached.

        Where nobody asks, or the run that should tell ended early, it can be told without executing anything.
        """
        name, reached = f"{found.operation}.{REACHABLE}", self._reached(item)
        if reached == found.ends:
            return True
        if reached is None:
            found.theorems = [one for one in found.theorems if one.result.id != name]
        elif found.ends is not None and item[0].subject.name in self.options.early:
            found.theorems = [untold(one) if one.result.id == name else one for one in found.theorems]
        else:
            return False
        return True

    def _texts(self, proof: Proof) -> Texts:
        subject = proof.subject.name
        if subject not in self._seen:
            variants = depends.variants_of(proof, self.options.sources_of(proof))
            closure = self.options.closure
            self._seen[subject] = closure.texts(subject, closure.of_proof(proof, variants.values()), variants)
        return self._seen[subject]

    def _is_accepted(self, proof: Proof) -> bool:
        """Whether the program of a subject is in the language, all functions that its operations could reach by name.

        An operation does not depend on what it does not run; but a program that is refused is refused as a whole.
        """
        subject = proof.subject.name
        if subject not in self._accepted:
            with suppress(SyntaxError, OSError, ImportError):
                self._accepted[subject] = self._accepts(proof, subject)
        return self._accepted.setdefault(subject, False)

    def _accepts(self, proof: Proof, subject: str) -> bool:
        cache, sources = self.options.cache, self.options.sources_of(proof)
        texts = edition.texts_of(proof.module, proof.parts, sources.get(subject), sources)
        mark = hashlib.sha256(repr((self._specifications[subject], sorted(texts.items()))).encode()).hexdigest()
        if cache.recall(f"{subject} accepted", mark):
            return True
        if is_refused(proof, sources):
            return False
        cache.remember(f"{subject} accepted", mark, True)
        return True


def heads_of(proof: Proof, known: Collection[str] | None = None) -> list[str]:
    """What every operation of a subject depends on of the texts that it consists of, wherever they lie."""
    files = [(module.__name__, Path(module.__file__ or "")) for module in (proof.module, *proof.parts)]
    return [program.head_of(name, file, known) if file.is_file() else "" for name, file in files]


def _moved(item: Collected, texts: Texts) -> Collected:
    """What was collected, its lines as they are in the texts of this run."""
    moved = texts.moved(item.functions)
    for theorem in item.theorems:
        theorem.problems = [replace(one, line=moved(one.line)) for one in theorem.problems]
    return item


def selects(item: Collected, patterns: Sequence[str]) -> bool:
    """Whether something of an operation is selected: a theorem, what it rests on, or one that nobody can tell."""
    names = [theorem.result.id for theorem in item.theorems]
    rests = [f"{item.operation}.{RESTS}"] if item.rests else []
    return item.failed or any(selected(name, patterns) for name in names + rests)


# ---------------------------------------------------------------- processes


def collected(items: Sequence[Item], subjects: Subjects, options: Options, cache: Cache) -> list[Collected]:
    """What each operation has to show, executed in a process of its own, in their order.

    The texts of those obligations are left out that ``cache`` answers.
    """
    _, found = executed(items, subjects, options, cache)
    ends = [options.ends_of(proof.subject.name, operation.name) for proof, operation in items]
    return [with_reachable(item, some) for item, some in zip(found, ends, strict=True)]


def executed(
    items: Sequence[Item], subjects: Subjects, options: Options, cache: Cache, stories: Sequence[Story] = ()
) -> tuple[list[Any], list[Collected]]:
    """What playing the stories came to, and what each operation has to show, each in a process of its own."""

    def one(number: int) -> Any:
        return play(number) if number < len(stories) else execute(number - len(stories))

    def play(number: int) -> Any:
        return stories[number].play()

    def execute(number: int) -> Collected:
        proof, operation = items[number]
        if subjects.ambiguous(items[number]):
            return not_even(number, f"{name_of(items[number])}: {TWICE}")
        sources = options.sources_of(proof)
        source, checked = sources.get(proof.subject.name), id(proof) in passed
        terms.keep_all()
        return collect(proof, operation, cache, options.seed, source, sources, subjects.promise, checked)

    def not_even(number: int, reason: str) -> Collected:
        return Collected(name_of(items[number]), [not_executed(name_of(items[number]), "", reason)])

    def lost(number: int, reason: str, hung: bool) -> Any:
        return stories[number].lost(reason) if number < len(stories) else not_even(number - len(stories), reason)

    passed = prepared([proof for proof, _ in items], options)
    with Pool(options.jobs, LONG_PATIENCE, apart=True) as pool:
        calls = [(number,) for number in range(len(stories) + len(items))]
        found: list[Any] = []
        for result in pool.each(one, calls, lost):
            found.append(result)
            options.executing(len(found), len(calls))
    return found[: len(stories)], found[len(stories) :]


def prepared(proofs: Sequence[Proof], options: Options) -> dict[int, Proof]:
    """Check programs and specifications before processes are forked, which need not look at them again.

    Returns the subjects, by identity, whose specifications passed: no program is executed before a process is forked.
    What does not pass is looked at again: whoever executes it will say so.  What every process needs is made once.
    """
    for theory in (bits, masks, multiples, powers):
        theory.labelled_laws()
    program.loaded(sys.modules)
    every = {id(proof): proof for proof in proofs}.values()
    for proof in every:
        with suppress(Exception):
            at_hand(proof, options.sources_of(proof))
    passed: dict[int, Proof] = {}
    for proof in every:
        with suppress(Exception):
            check_specifications(proof)
            passed[id(proof)] = proof
    return passed
