"""The trust ledger: what must be believed, in one list, read out of the code.

trusted      files that say TRUSTED: a fault there can make a false theorem PROVED
unmarked     files of which that is true, too, and that do not say so (kernel.py): there must be none
assumptions  lines that say ``# ASSUMED:``, and what each operation requires of its caller
axioms       laws that the prover uses without a proof of its own, with the test that proves each
exclusions   what a check leaves out, and why
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import z3

from proofs import kernel, project, registry
from proofs.claims import TESTS, claims, documented_tests
from proofs.engine import bits, definitions, masks, multiples, powers, store
from proofs.kernel import Unmarked
from proofs.mutation.equivalents import equivalents

ROOT = kernel.ROOT
ASSUMED = "# ASSUMED:"
TRANSLATOR = "proofs/export/"
"""Files of which only the exported C depends; no theorem does."""
LAWS = tuple(f"proofs/engine/{name}.py" for name in ("bits", "masks", "multiples", "powers"))
"""Files that state laws of arithmetic, each of which a test proves."""
BY_DEFINITION = "true by definition: nothing else is said of this predicate, which only catches the solver's eye"


@dataclass(frozen=True)
class Trusted:
    """A file that is trusted: its lines, those that are neither blank nor words, and why."""

    file: str
    lines: int
    code: int
    why: str

    @property
    def states_laws(self) -> bool:
        """Whether the file states laws of arithmetic."""
        return self.file in LAWS

    @property
    def translates(self) -> bool:
        """Whether the file belongs to the translation to C."""
        return self.file.startswith(TRANSLATOR)


@dataclass(frozen=True)
class Assumption:
    """Something that is taken to hold, and where."""

    where: str
    sentence: str


@dataclass(frozen=True)
class Axiom:
    """A law, and the test that proves it, "" if there is none."""

    name: str
    formula: str
    lemma: str


@dataclass(frozen=True)
class Exclusion:
    """Something that a check does not look at."""

    what: str
    reason: str


@dataclass(frozen=True)
class Ledger:
    """All of it."""

    trusted: list[Trusted]
    unmarked: list[Unmarked]
    assumptions: list[Assumption]
    preconditions: list[Assumption]
    axioms: list[Axiom]
    exclusions: list[Exclusion]

    @property
    def unproved(self) -> list[Axiom]:
        """Axioms without a test that proves them."""
        return [axiom for axiom in self.axioms if not axiom.lemma]

    @property
    def whole(self) -> bool:
        """Whether every file that is trusted says so, and every axiom has a test that proves it."""
        return not self.unmarked and not self.unproved

    def code(self, laws: bool) -> int:
        """The trusted lines of code on which theorems rest, of files that state laws or of all others."""
        return sum(one.code for one in self.trusted if one.states_laws == laws and not one.translates)

    @property
    def translation(self) -> int:
        """The trusted lines of code on which only the exported C rests."""
        return sum(one.code for one in self.trusted if one.translates)

    def as_data(self) -> dict[str, Any]:
        """The ledger as JSON data."""
        return asdict(self)


def ledger(root: Path = ROOT) -> Ledger:
    """The ledger of the sources in that tree and in projects; laws and exclusions are those of this one."""
    own = [file for _, file in project.files()]
    folders = [root / package for package in ("proofs", "model")]
    sources = [*(file for folder in folders for file in sorted(folder.rglob("*.py"))), *own]
    return Ledger(
        [found for file in [*kernel.files(root), *own] for found in trusted_in(file)],
        [*kernel.unmarked(root), *kernel.unmarked_in_projects()],
        [found for file in sources for found in assumptions_in(file)],
        list(preconditions()),
        list(axioms(TESTS)),
        list(exclusions()),
    )


def _short(file: Path) -> str:
    roots = (ROOT, *(one.source for one in project.projects()))
    root = next((one for one in roots if file.is_relative_to(one)), file.parent)
    return file.relative_to(root).as_posix()


# ---------------------------------------------------------------- trusted and assumed


def trusted_in(file: Path) -> Iterator[Trusted]:
    """The file itself, if a paragraph of its docstring begins with TRUSTED."""
    text = file.read_text()
    for paragraph in kernel.paragraphs(file):
        if paragraph.startswith(kernel.TRUSTED):
            words = " ".join(paragraph.split()).removeprefix(kernel.TRUSTED).lstrip(".: ")
            sentence = words.split(". ")[0].rstrip(".")
            yield Trusted(_short(file), text.count("\n"), code_lines(text), sentence)


def code_lines(text: str) -> int:
    """Lines with code on them: not those of comments and docstrings alone."""
    lines: set[int] = set()
    begins = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            begins = begins or token.type == tokenize.NEWLINE
        elif token.type == tokenize.STRING and begins:
            begins = False
        elif token.type != tokenize.COMMENT:
            lines.update(range(token.start[0], token.end[0] + 1))
            begins = False
    return len(lines)


def assumptions_in(file: Path) -> Iterator[Assumption]:
    """The lines of the file that say ``# ASSUMED:``."""
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if line.strip().startswith(ASSUMED):
            yield Assumption(f"{_short(file)}:{number}", line.strip().removeprefix(ASSUMED).strip())


def preconditions() -> Iterator[Assumption]:
    """What the operations require beyond the invariants; that running code meets it is checked by every proof."""
    for name in registry.at_hand():
        for operation in registry.proof_of(name).subject.operations:
            for clause in operation.requires:
                yield Assumption(f"{name}.{operation.name}", f"{clause.name}: {clause.sentence}")


# ---------------------------------------------------------------- axioms and exclusions


def axioms(tests: Path) -> Iterator[Axiom]:
    """The laws of every theory that a path can introduce, and what every step of memory keeps.

    Theories: powers of two, multiples, bits of words, masks, mentions.
    """
    for law in powers.LAWS:
        numbers, exponents = powers.variables(law)
        formula = law.formula(powers.SYMBOLIC, *numbers, *exponents)
        yield _axiom(f"powers.{law.name}", formula, tests, "test_powers.py::test_law_holds_for_each_exponent")
    for law in multiples.LAWS:
        numbers, exponents = powers.variables(law)
        formula = law.formula(multiples.SYMBOLIC, *numbers, *exponents)
        yield _axiom(f"multiples.{law.name}", formula, tests, "test_powers.py::test_law_holds_for_each_exponent")
    for rule in bits.LAWS:
        formula = rule.formula(bits.SYMBOLIC, *bits.variables(rule.places))
        yield _axiom(f"bits.{rule.name}", formula, tests, "test_bits.py::test_law_holds_of_every_word")
    ranges: tuple[Any, ...] = bits.RANGES
    for result in ranges:
        word = result(bits.SYMBOLIC, *bits.variables(1))
        bounds = z3.And(word >= 0, word <= bits.ALL_ONES)
        yield _axiom("bits.range", bounds, tests, "test_bits.py::test_results_are_words")
    for name, formula in masks.labelled_laws():
        test = "test_the_result_is_never_negative" if name == "masks.range" else "test_law_holds_of_all_words"
        yield _axiom(name, formula, tests, f"test_masks.py::{test}")
    for name, sentence in store.KEPT.items():
        yield _axiom(name, sentence, tests, f"test_claims_kept.py::test_every_step_keeps_{name.rpartition('.')[2]}")
    for name, formula in definitions.mention_law():
        yield Axiom(name or "mention", _one_line(formula), BY_DEFINITION)


def _axiom(name: str, formula: Any, tests: Path, lemma: str) -> Axiom:
    """An axiom, with the test that proves it if that test is there."""
    file, test = lemma.split("::")
    path = tests / file
    if not tests.is_dir():  # of an installed package: the repository has them
        return Axiom(name, _one_line(formula), f"tests/{lemma} (in the repository; not looked at here)")
    proved = path.is_file() and test in {found for found, _ in documented_tests(path)}
    return Axiom(name, _one_line(formula), f"tests/{lemma}" if proved else "")


def _one_line(formula: Any) -> str:
    return " ".join(str(formula).split())


def exclusions() -> Iterator[Exclusion]:
    """What the stateful checkers, the claims and the mutants leave out, of the subjects at hand."""
    for name in registry.at_hand():
        for clause in _skipped_clauses(name):
            yield Exclusion(f"{name}, clause {clause}", "takes quadratic time: not evaluated on heaps of 200 and more")
    for claim in claims():
        if not claim.theorems:
            yield Exclusion(f"{claim.statement.id}, no theorem", claim.statement.tested)
    for mutant in (one for one in equivalents() if one.subject in registry.at_hand()):
        yield Exclusion(f"mutant of {mutant.subject}.{mutant.function}: {mutant.change}", mutant.reason)


def _skipped_clauses(name: str) -> tuple[str, ...]:
    """Clauses that the checker skips on large heaps."""
    bench = registry.live(name, "bench").BENCH if registry.has_live(name, "bench") else None
    skipped: tuple[str, ...] = bench.quadratic if bench else ()
    return skipped
