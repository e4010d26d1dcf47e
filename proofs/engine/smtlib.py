"""SMT-LIB text of an obligation: what the workers solve and what the cache is keyed on.

TRUSTED: the text must say "facts and not goal", no more and no less.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs.engine.path import Fact, Obligation


class Printer:
    """Prints terms and remembers the text and the constants of each (kept alive, so identities stay valid)."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Any, str]] = {}
        self._constants: dict[int, tuple[Any, frozenset[str]]] = {}

    def text(self, term: Any) -> str:
        """The term as an S-expression."""
        key = term.get_id()
        if key not in self._texts:
            self._texts[key] = (term, term.sexpr())
        return self._texts[key][1]

    def declarations(self, term: Any) -> frozenset[str]:
        """The declarations of all uninterpreted constants in ``term``."""
        key = term.get_id()
        known = self._constants.get(key)
        if known is not None:
            return known[1]
        if z3.is_quantifier(term):
            found = self.declarations(term.body())
            for number in range(term.num_patterns()):
                found = found.union(*(self.declarations(part) for part in term.pattern(number).children()))
        elif z3.is_app(term):
            found = frozenset()
            if term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                found = frozenset({f"(declare-fun {term.decl().sexpr().split('declare-fun ')[1]}"})
            for child in term.children():
                found |= self.declarations(child)
        else:
            found = frozenset()
        self._constants[key] = (term, found)
        return found

    def prepared(self, fact: Fact) -> Fact:
        """The fact with its text and declarations."""
        if not fact.text:
            fact.text = f"(assert {self.text(fact.term)})"
            fact.declarations = self.declarations(fact.term)
        return fact

    def problem(self, obligation: Obligation, labels: frozenset[str] | None = None) -> str:
        """The whole problem; with ``labels`` only the facts so labelled, decisions, and definitions that these need.

        "name.*" stands for all that a call or a loop of that name made known.
        """
        chosen = [
            self.prepared(fact)
            for fact in obligation.facts[: obligation.known]
            if labels is None or not fact.label or labels & {fact.label, f"{fact.label.partition('.')[0]}.*"}
        ]
        if labels is not None:
            chosen = self._needed(chosen, obligation.goal)
        declared = self.declarations(obligation.goal).union(*(fact.declarations for fact in chosen))
        lines = sorted(declared)
        lines += [fact.text for fact in chosen]
        lines.append(f"(assert (not {self.text(obligation.goal)}))")
        return "\n".join(lines) + "\n"

    def _needed(self, facts: list[Fact], goal: Any) -> list[Fact]:
        """All but the definitions of constants that neither the goal nor a labelled or needed fact mentions.

        A decision alone does not make a definition needed.
        """
        mentioned = self.declarations(goal).union(*(fact.declarations for fact in facts if fact.label))
        needed = []
        for fact in reversed(facts):
            if fact.defines is not None:
                if not self.declarations(fact.defines) <= mentioned:
                    continue
                mentioned |= fact.declarations
            needed.append(fact)
        return needed[::-1]
