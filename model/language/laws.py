"""What both sides of a call say: laws, and how each side sees the state that they speak of.

TRUSTED: a caller by contract takes for granted what these classes make of the clauses that were proved.

An operation is proved over the state of its own subject; whoever calls it sees that state in another way.  A ``Law``
is stated once, over what a view shows; ``Seen`` is the law through one view.  Two clauses say the same, each of its
own side, exactly if they are ``Seen`` of the same law.  What the law of a clause is follows from its formula alone, so
that no clause can carry the law of another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from model.language.logic import Clause, Transition, Truth, Word, every

View = Callable[[Any, Word, Any], Any]
"""What a state of memory, the address of the heap and an abstract state show."""

Rule = Callable[[Any, Any, Transition], Truth]
"""A statement about what is shown before, what is shown afterwards, and the call: its arguments, end and cost."""


@dataclass(frozen=True)
class Law:
    """``holds`` is a statement about what a view shows before and after a call: values of the class ``of``."""

    name: str
    sentence: str
    of: type
    holds: Rule

    def __call__(self, old: Any, new: Any, t: Transition) -> Truth:
        """The statement."""
        return self.holds(old, new, t)

    def seen(self, view: View) -> Clause:
        """The clause that states the law through that view."""
        return Clause(self.name, self.sentence, Seen(self, view))


def law(sentence: str, of: type) -> Callable[[Rule], Law]:
    """Turn a rule into a law of the same name."""
    return lambda rule: Law(rule.__name__, sentence, of, rule)


@dataclass(frozen=True)
class Seen:
    """The formula of a clause that states ``law`` through ``view``."""

    law: Law
    view: View

    def __call__(self, t: Transition) -> Truth:
        """The law, of this transition; of memory and abstract state it sees what the view shows, and nothing else."""
        if type(self.law.holds) is OnlyHeaders:
            return t.new.same_places(t.old)
        old, new = self.view(t.old, t.heap, t.ghost), self.view(t.new, t.heap, t.ghost_after)
        if type(old) is not self.law.of or type(new) is not self.law.of:
            raise TypeError(f"{self.law.name} speaks of {self.law.of.__name__}, which this view does not show")
        return self.law(old, new, replace(t, heap=None, old=None, new=None, ghost=None, ghost_after=None))


def law_of(clause: Clause) -> Law | None:
    """The law that the clause states, if it states one."""
    return clause.formula.law if type(clause.formula) is Seen else None


@dataclass(frozen=True)
class Same:
    """Nothing that the view shows differs after the call: no word, and no map at any place."""

    def __call__(self, old: Any, new: Any, t: Transition) -> Truth:
        """Part by part."""
        pairs = [(getattr(old, part.name), getattr(new, part.name)) for part in fields(old)]
        return every([now.same(then) if hasattr(now, "same") else now == then for then, now in pairs])


@dataclass(frozen=True)
class OnlyHeaders:
    """No byte, no claim and no mapping of memory differs after the call, but for fields of the operation's own headers.

    A caller that has none of these headers in its memory sees no difference at all.
    """

    def __call__(self, old: Any, new: Any, t: Transition) -> Truth:
        """``Seen`` asks memory instead: no view shows it."""
        raise TypeError("memory is not shown by a view")


@dataclass(frozen=True)
class Parts:
    """The view of a caller: ``names`` are parts of its abstract state, which stand for the fields of ``of``, in order.

    A call forgets these parts, unless a law of the operation says that they are the ``Same``.
    """

    of: type
    names: tuple[str, ...]

    def __call__(self, state: Any, heap: Word, ghost: Any) -> Any:
        """What the abstract state shows."""
        return self.of(*(getattr(ghost, name) for name in self.names))

    @property
    def complete(self) -> bool:
        """Whether each field has a part of its own."""
        return len(self.names) == len(set(self.names)) == len(fields(self.of))


@dataclass(frozen=True)
class Beforehand:
    """The formula of a precondition: the invariant holds where the call is made, of that part of the abstract state."""

    invariant: Clause
    part: str = ""

    def __call__(self, state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
        """The invariant, of this state."""
        return self.invariant.formula(state, heap, ghost[self.part] if self.part else ghost)


@dataclass(frozen=True)
class Afterwards:
    """The formula of a promise: the invariant holds after the call."""

    invariant: Clause

    def __call__(self, t: Transition) -> Truth:
        """The invariant, of the state after."""
        return self.invariant.formula(t.new, t.heap, t.ghost_after)
