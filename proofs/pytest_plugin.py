"""``pytest --drystone``: each theorem of the project's subjects is a test, and each check of a subject.

    drystone::pool.allocate.null_exactly      passes if it is PROVED
    drystone::pool.others                     passes if nothing else that was looked at is open
    drystone::pool.check                      passes if random histories break no theorem

A subject is proved once in a session, when the first of its theorems is asked for.  -k and node ids select as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from proofs.api import Result

STEPS = 2000
OTHERS, CHECK = "others", "check"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("drystone")
    group.addoption("--drystone", action="store_true", help="Theorems and checks of the project are tests, too.")
    group.addoption("--drystone-steps", type=int, default=STEPS, metavar="N", help="Steps of a check [2000].")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the theorems and the checks."""
    if config.getoption("--drystone"):
        parent = Subjects.from_parent(session, name="drystone", nodeid="drystone")
        items.extend(parent.collect())


class Subjects(pytest.Collector):
    """All subjects of the project at hand."""

    def collect(self) -> Iterator[pytest.Item]:
        """Each theorem, what else is open, and the check, subject by subject."""
        from proofs import registry  # noqa: PLC0415  # a session without --drystone begins quickly
        from proofs.api import theorems  # noqa: PLC0415

        for name in registry.subjects_of(()):
            proofs = Proofs(name)
            ids = [theorem for theorem, _ in theorems(name)]
            for theorem in ids:
                yield Item.from_parent(self, name=theorem, ask=lambda theorem=theorem, all=proofs: all.of(theorem))
            yield Item.from_parent(
                self, name=f"{name}.{OTHERS}", ask=lambda ids=frozenset(ids), all=proofs: all.but(ids)
            )
            if registry.has_rules(name):
                steps = self.config.getoption("--drystone-steps")
                yield Item.from_parent(self, name=f"{name}.{CHECK}", ask=lambda name=name, n=steps: checked(name, n))


class Proofs:
    """The results of a subject, found out when they are first asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._results: list[Result] | None = None

    @property
    def results(self) -> list[Result]:
        """All of them."""
        from proofs.api import prove  # noqa: PLC0415

        if self._results is None:
            self._results = prove(self.name)
        return self._results

    def of(self, theorem: str) -> list[Result]:
        """Of that theorem."""
        found = [result for result in self.results if result.id == theorem]
        return found or [_not_found(theorem)]

    def but(self, theorems: frozenset[str]) -> list[Result]:
        """Of all but these."""
        return [result for result in self.results if result.id not in theorems]


def _not_found(theorem: str) -> Result:
    from proofs.api import Result  # noqa: PLC0415

    return Result(theorem, "UNKNOWN", "the theorem is proved", "the proof came to no such theorem")


def checked(name: str, steps: int) -> list[Result]:
    """The results of a check."""
    from proofs.api import check  # noqa: PLC0415

    return check(name, steps=steps)


def _said(result: Result) -> str:
    """A result in words."""
    head = f"{result.verdict} {result.id}"
    return result.text if result.text.startswith(head) else f"{head}\n  {result.sentence}\n{result.text}"


class Open(Exception):
    """What does not hold."""


class Item(pytest.Item):
    """A test that passes if all results that it asks for hold."""

    def __init__(self, *, ask: Callable[[], list[Result]], **more: Any) -> None:
        super().__init__(**more)
        self._nodeid = f"drystone::{self.name}"
        self.ask = ask

    def runtest(self) -> None:
        """Ask."""
        if failed := [result for result in self.ask() if not result]:
            raise Open("\n\n".join(map(_said, failed)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report's own words, not a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, Open) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, None, str]:
        """What stands for it in a report."""
        return self.path, None, self.name
