"""Runs of the real allocators that break theorems: they are looked for while the theorems are being proved.

A story that does not come to its end is played once more at once, for the script that shows where it breaks; of a
subject of which anything is open at first sight the random histories begin while the solver is asked thoroughly.
What is found does not depend on which is ready first: what was open at first sight stays open then (discharging.py).

NOT TRUSTED: what is found here refutes a theorem; it shows none to hold.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from proofs import registry
from proofs.engine.options import Options
from proofs.engine.workers import LONG_PATIENCE, Ahead, Pool
from proofs.proving import Search, evidence


def _nothing(number: int, reason: str, hung: bool) -> Search:
    """What stands for a search whose process was lost."""
    return Search(0, failure=reason)


@dataclass
class Seeking:
    """The searches of a run of the prover: those under way, and what was found."""

    options: Options
    _stories: dict[str, Ahead] = field(default_factory=dict)
    _searches: dict[str, Ahead] = field(default_factory=dict)
    _found: dict[str, Search] = field(default_factory=dict)

    def story_broke(self, subject: str) -> None:
        """The story of a subject ended early: where, and what does it break?"""
        if subject not in self._stories and subject not in self._found:
            self._stories[subject] = Ahead(evidence().scripted, (subject, self.options.sources.get(subject)), _nothing)

    def look_for(self, subjects: Collection[str]) -> None:
        """Begin random histories of these subjects, unless it is known what breaks them; one job does them now."""
        for subject in subjects:
            self._settle(subject, wait=True)
            if self.options.jobs == 1:
                self.result(subject)
            elif subject not in self._searches and subject not in self._found:
                self._searches[subject] = Ahead(evidence().searched, self._call(subject), _nothing)

    def broken(self, wait_for: Collection[str] = ()) -> dict[str, Collection[str]]:
        """The subjects that a run breaks, as far as that is known, and which theorems; of some that is waited for.

        A story is always waited for.
        """
        for subject in [*self._stories]:
            self._settle(subject, wait=True)
        for subject in wait_for:
            self._settle(subject, wait=True)
        for subject in [*self._searches]:
            self._settle(subject, wait=False)
        return {subject: {found.theorem, *found.theorems} for subject, found in self._found.items() if found.theorem}

    def result(self, subject: str) -> Search:
        """What looking for a run of a subject comes to."""
        self._settle(subject, wait=True)
        if subject not in self._found:
            with Pool(1, patience=LONG_PATIENCE, apart=True) as pool:
                found = next(pool.each(evidence().searched, [self._call(subject)], _nothing))
            self._found[subject] = found or Search(0)
        return self._found[subject]

    def end(self) -> None:
        """End what nobody waits for."""
        for ahead in (*self._stories.values(), *self._searches.values()):
            ahead.end()

    def _call(self, subject: str) -> tuple[str, str | None, int | None, bool]:
        """What a search is told; a story that came to its end in this run, or in an equal one, is not played again."""
        options = self.options
        told = subject in options.witnessed_subjects and subject not in options.early and registry.has_story(subject)
        return subject, options.sources.get(subject), options.search, told

    def _settle(self, subject: str, wait: bool) -> None:
        """Take what was found of a subject."""
        for begun in (self._stories, self._searches):
            if subject in begun and (wait or begun[subject].is_done):
                ahead = begun.pop(subject)
                found: Search = ahead.result()
                ahead.end()
                if found.theorem or begun is self._searches:  # else the histories may find what the story did not
                    self._found[subject] = found
