"""The operation in progress on a live machine, as specifications see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from proofs.checking.camera import Camera
from proofs.checking.ends import unrecorded
from proofs.checking.state import ConcreteState
from proofs.checking.stating import stated
from proofs.checking.violation import SpecificationError
from proofs.engine.stating import nearest


@dataclass
class ConcreteOperation:
    """What specifications see of the operation in progress; ``ghost`` follows the code's ``advance``, as in a proof."""

    camera: Camera
    ghost: Any
    entry: ConcreteState
    read_out: Callable[[ConcreteState], Any] | None = None
    ghost_on_entry: Any = None

    def __post_init__(self) -> None:
        self.ghost_on_entry = self.ghost

    def ghost_now(self) -> Any:
        """The abstract state at this moment, as RAM shows it."""
        return self.ghost if self.read_out is None else self.read_out(self.now())

    def now(self) -> ConcreteState:
        """The state at this moment."""
        return self.camera.look()

    def advance(self, specifications: Mapping[str, Callable[..., Any]], step: str, state: tuple[Any, ...]) -> None:
        """The abstract state becomes what the step of that name makes of it."""
        if step not in specifications:
            raise SpecificationError(f"no step is called {step!r}; there are {nearest(step, specifications)}")
        with unrecorded():
            self.ghost = stated(f"the step {step}", specifications[step], self.ghost, *state)
