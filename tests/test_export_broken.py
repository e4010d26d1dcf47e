"""A translator that is broken on purpose: ``drystone export --check`` notices, wherever it is broken.

Each defect below is put into one function of proofs/export/.  What that then writes is built and run beside the Python,
as ``--check`` does it, in a short history of a subject whose code meets the defect.  Without it the same history finds
no difference.
"""

import ast
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from proofs.export import calls, decisions, expressions, facts, helpers, leaving, statements, values
from proofs.export.beside.both import Difference
from proofs.export.beside.building import build
from proofs.export.beside.checking import ran
from proofs.export.expressions import Expressions
from proofs.export.layout import Layout
from proofs.export.leaving import Leaving
from proofs.export.statements import Statements
from proofs.export.unit import unit_of
from proofs.export.writing import Sheet
from proofs.registry import Mistake
from tests.exporting import little, needs_compiler, side_by_side

pytestmark = needs_compiler


def found(subject, steps, folder):
    """What the comparison says of what the translator writes now; "" if it sees nothing."""
    unit = unit_of(subject)
    try:
        built = build(unit, "plain", unit.source, folder)
    except Mistake as mistake:
        return f"it does not compile: {mistake}"
    return ran(unit, built, "plain", steps, seed=0, seconds=60).difference


@cache
def found_without(subject, steps):
    """What it says while nothing is broken."""
    with tempfile.TemporaryDirectory() as folder:
        return found(subject, steps, Path(folder))


# ---------------------------------------------------------------- the defects


def comparison(patch):
    """``<`` is written as ``<=``."""
    patch.setitem(decisions.COMPARISONS, ast.Lt, "<=")


def opposite(patch):
    """``not`` is lost."""
    patch.setattr(values, "negated", lambda value: value)


def operator(patch):
    """``-`` is written as ``+``."""
    patch.setitem(expressions.OPERATORS, ast.Sub, "+")


def rounding(patch):
    """A division by a constant rounds up."""
    computed = values.computed

    def wrong(left, sign, right):
        if sign == "/" and right.number is not None:
            left = computed(left, "+", values.literal(right.number - 1))
        return computed(left, sign, right)

    patch.setattr(expressions, "computed", wrong)


def widening(patch):
    """A number that is written as an int of C is not made a word before it is shifted."""
    patch.setattr(values, "widened", lambda value: value)


def narrowing(patch):
    """What is stored in a field is cut to a byte."""
    patch.setattr(calls, "narrowed", lambda value, bits: values.narrowed(replace(value, number=None), 8))


def narrowing_of_counts(patch):
    """A count of 16 bits is cut to a byte."""
    patch.setattr(calls, "narrowed", lambda value, bits: values.narrowed(value, 8 if bits == 16 else bits))


def brackets(patch):
    """Brackets are left out."""
    patch.setattr(values.Value, "within", lambda self, binds: self.text)


def constant(patch):
    """Constants are cut to 16 bits."""
    definition = Layout._definition

    def wrong(self, module, node, macro, value, following):
        return definition(self, module, node, macro, value & 0xFFFF, following)

    patch.setattr(Layout, "_definition", wrong)


def order(patch):
    """Operands and arguments are evaluated from right to left."""
    ordered = Sheet.ordered

    def wrong(self, lower, wanted="value"):
        return ordered(self, lower[::-1], wanted)[::-1]

    patch.setattr(Sheet, "ordered", wrong)


def swapped_operands(patch):
    """The right operand is evaluated before the left one, and takes its place unless they are subtracted."""

    def wrong(self, node):
        right, left = self.sheet.ordered([lambda: self.value(node.right), lambda: self.value(node.left)])
        return self.operate(node, node.op, right if isinstance(node.op, ast.Sub) else left, right)

    patch.setattr(Expressions, "_operation", wrong)


def both_sides(patch):
    """``and`` evaluates its right side, too, if the left is false."""
    both = values.both
    patch.setattr(values, "both", lambda one, other: replace(both(one, other), text=f"(({one.text}) & ({other.text}))"))


def lost_status(patch):
    """A call's status is not looked at."""

    def wrong(self, text, node):
        self.sheet.needs_status = True
        self.sheet.write(f"status = {text};")

    patch.setattr(calls.Calls, "_checked", wrong)


def other_status(patch):
    """An error is passed on as success."""
    failed = Leaving.failed

    def wrong(self, status, node):
        failed(self, self.sheet.names.status("") if status == "status" else status, node)

    patch.setattr(Leaving, "failed", wrong)


def lost_finally(patch):
    """What is to be done at last is not done."""

    def wrong(self, node, frame):
        if frame.finished:
            self.label(frame.finish)
        self._go_on_returning()

    patch.setattr(leaving.Leaving, "_finally", wrong)


def parts_of_tuple(patch):
    """The parts of a tuple are returned in the opposite order."""
    leave = Leaving._leave

    def wrong(self, value):
        items = tuple(reversed(value.items)) if value.kind.is_ == "tuple" else value.items
        leave(self, replace(value, items=items))

    patch.setattr(Leaving, "_leave", wrong)


def lost_store(patch):
    """A store to a field called ``prev`` is not written."""
    stored = Statements._stored

    def wrong(self, node, target, value):
        if target.attr != "prev":
            stored(self, node, target, value)

    patch.setattr(Statements, "_stored", wrong)


def erased_fill(patch):
    """Filling memory is taken for something that changes nothing, and is erased."""
    patch.setattr(facts, "WRITES", tuple(one for one in facts.WRITES if one != "fill"))


def lost_else(patch):
    """``else`` is left out."""
    branch = Statements._if

    def wrong(self, node, head="if"):
        branch(self, ast.copy_location(ast.If(node.test, node.body, []), node), head)

    patch.setattr(statements.Statements, "_if", wrong)


def first_place(patch):
    """The first field of every struct is declared last, and the compiler is not asked where it lies."""
    declared = Layout.struct

    def wrong(self, name):
        lines = declared(self, name)
        first = next(n for n, line in enumerate(lines) if line.startswith("struct ")) + 1
        return [*lines[:first], *lines[first + 1 : -1], lines[first], lines[-1]]

    patch.setattr(Layout, "struct", wrong)
    patch.setattr(Layout, "checks", lambda self, names: [])


def truth_of_flag(patch):
    """Of a flag only 1 is true, not every byte but 0."""

    def wrong(self, raw, field):
        return values.compared(raw, "==", values.literal(1)) if field.kind == "flag" else raw

    patch.setattr(Expressions, "of_memory", wrong)


def helper(name, old, new):
    """One of the small functions does something else."""

    def break_it(patch):
        assert old in helpers.HELPERS[name]
        patch.setitem(helpers.HELPERS, name, helpers.HELPERS[name].replace(old, new))

    return break_it


def swapped_question(patch):
    """The machine is asked with its two words in the other order."""
    memory = calls.Calls._memory

    def wrong(self, node, target):
        value = memory(self, node, target)
        return replace(value, text=re.sub(r"_(map|is_mapped)\((\w+), (\w+)\)$", r"_\1(\3, \2)", value.text))

    patch.setattr(calls.Calls, "_memory", wrong)


def lost_message(patch):
    """A line of the log lacks its last value."""
    log = calls.Calls._log

    def wrong(self, node, target):
        return log(self, node, replace(target, nodes=target.nodes[:-1]))

    patch.setattr(calls.Calls, "_log", wrong)


@dataclass(frozen=True)
class Defect:
    """How the translator is broken, the subject on which that is to be noticed, and within how many calls."""

    name: str
    break_it: Callable[[pytest.MonkeyPatch], None]
    subject: str
    steps: int = 400


QUICK = (
    Defect("comparison", comparison, "block_heap"),
    Defect("rounding", rounding, "bucket_heap"),
    Defect("widening", widening, "bucket_heap"),
    Defect("narrowing", narrowing, "frame_allocator"),
    Defect("swapped operands", swapped_operands, "frame_allocator"),
    Defect("lost status", lost_status, "block_heap"),
    Defect("lost finally", lost_finally, "bin_heap"),
    Defect("parts of a tuple", parts_of_tuple, "bucket_heap"),
    Defect("lost store", lost_store, "segment_heap"),
    Defect("first place", first_place, "segment_heap"),
    Defect("truth of a flag", truth_of_flag, "segment_heap"),
    Defect("swapped question", swapped_question, "segment_heap"),
)
SLOW = (
    Defect("opposite", opposite, "block_heap"),
    Defect("operator", operator, "block_heap"),
    Defect("narrowing of counts", narrowing_of_counts, "bucket_heap", 4000),
    Defect("brackets", brackets, "block_heap"),
    Defect("constant", constant, "segment_heap"),
    Defect("both sides", both_sides, "segment_heap"),
    Defect("other status", other_status, "bucket_heap"),
    Defect("erased fill", erased_fill, "block_heap"),
    Defect("lost else", lost_else, "segment_heap"),
    Defect("min", helper("min", "b < a", "b > a"), "bin_heap"),
    Defect("bit_length", helper("bit_length", "64 - ", "63 - "), "bin_heap"),
    Defect("fill", helper("fill", "(int)byte", "0"), "block_heap"),
    Defect("copy", helper("copy", "(size_t)size", "(size_t)size / 2"), "bin_heap"),
    Defect("peek", helper("peek_u32", "sizeof value", "1"), "bin_heap"),
    Defect("lost message", lost_message, "segment_heap"),
)
DEFECTS = [*QUICK, *(pytest.param(one, marks=pytest.mark.slow, id=one.name) for one in SLOW)]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: one.name)
def test_a_broken_translator_is_noticed(defect, monkeypatch, tmp_path):
    assert found_without(defect.subject, defect.steps) == ""
    defect.break_it(monkeypatch)
    assert found(defect.subject, defect.steps, tmp_path) != ""


def test_a_field_elsewhere_does_not_compile(monkeypatch, tmp_path):
    checks = Layout.checks
    first_place(monkeypatch)
    monkeypatch.setattr(Layout, "checks", checks)
    unit = unit_of("segment_heap")
    with pytest.raises(Mistake, match="segment_heap_check_segment_heap_segment_magic"):
        build(unit, "plain", unit.source, tmp_path)


ORDERED = """\
class Thing(Struct, size=8):
    a = u64()

    def run(self, n: int) -> int:
        return (self.step(n) << 8) + self.step(n)

    def step(self, n: int) -> int:
        self.a = self.a * 3 + n
        return self.a
"""


def test_operands_that_change_places_are_noticed(monkeypatch):
    assert side_by_side(little(ORDERED, "run")).call("run", 5)
    order(monkeypatch)
    with pytest.raises(Difference):
        side_by_side(little(ORDERED, "run")).call("run", 5)
