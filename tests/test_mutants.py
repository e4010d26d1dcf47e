"""Which mutants a text has, what is left alone, and which operations execute a function."""

import ast

import pytest

from proofs import registry
from proofs.checking.bench import source_of
from proofs.mutation.mutants import functions_of, mutants_of
from proofs.mutation.reach import executed_by

HEAD = """\
class Cell(Struct):
    a = u64()
    b = u64()
    full = flag()

    def run(self, n):
"""


def changes(*body: str) -> list[str]:
    source = HEAD + "".join(f"        {line}\n" for line in body)
    found = mutants_of("toy", "toy", source)
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.source != source
    return [mutant.change for mutant in found]


KINDS = {
    "comparison": ("return n < 3", "return (n <= 3)"),
    "operator": ("return n + n", "return (n - n)"),
    "constant up": ("return 7", "return 8"),
    "constant down": ("return 7", "return 6"),
    "named constant": ("return SIZE", "return (SIZE + 1)"),
    "named constant of a class": ("return Cell.SIZE", "return (Cell.SIZE + 1)"),
    "truth": ("return True", "return False"),
    "one side dropped": ("return n and m", "return m"),
    "the other connective": ("return n and m", "return (n or m)"),
    "negation dropped": ("return not n", "return n"),
    "store dropped": ("self.a = n", "pass"),
    "call dropped": ("self.go(n)", "pass"),
    "refusal dropped": ("raise ValueError(n)", "pass"),
    "early end dropped": ("return", "pass"),
    "arguments swapped": ("return f(n, m)", "return f(m, n)"),
    "another field": ("return self.a", "return self.b"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_is_made(kind):
    before, after = KINDS[kind]
    assert f"{before} -> {after}" in changes(before)


def test_a_condition_is_negated():
    assert "if self.full: -> if (not self.full):" in changes("if self.full:", "    self.a = n")


def test_a_rebinding_may_be_dropped_and_a_first_binding_not():
    assert changes("n = m", "k = n") == ["n = m -> pass"]


@pytest.mark.parametrize(
    "left_alone",
    [
        'loop("walk", self, n + 1)',
        'advance("taken", n + 1)',
        'hold("apart", n + 1)',
        '"""Words, 1 + 1."""',
        'text = "words"',
        "return self.full",
        "return max(n, m)",
    ],
)
def test_what_decides_nothing_is_left_alone(left_alone):
    assert changes(left_alone) == []


def test_the_words_and_values_of_a_log_line_are_left_alone_but_not_the_line():
    assert changes('self.memory.log("{}", n + 1)') == ['self.memory.log("{}", n + 1) -> pass']


def test_equal_changes_on_different_lines_have_names_of_their_own_and_equal_texts_are_one_mutant():
    assert changes("n = n + 1", "n = n + 1")[-1] == "n = n + 1 -> n = n + 0 (number 2)"
    assert len(changes("return n and not m")) == len(set(changes("return n and not m")))


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_every_mutant_of_a_subject_is_python_and_changes_one_place(name):
    proof = registry.proof_of(name)
    for module in (proof.module, *proof.parts):
        source = source_of(module)
        mutants = mutants_of(name, module.__name__, source)
        assert len({mutant.id for mutant in mutants}) == len({m.source for m in mutants}) == len(mutants)
        assert len(mutants) > 20 or not list(functions_of(ast.parse(source)))
        for mutant in mutants[::10]:
            compile(mutant.source, mutant.id, "exec")


def test_a_long_statement_is_shown_where_it_differs():
    (mutant,) = mutants_of("toy", "toy", HEAD + f"        return {' + '.join(9 * ['long'])} + f(m, n)\n")[-1:]
    assert (
        mutant.difference
        == "... + long + long + long + long + long + f(m, n) -> ... + long + long + long + long + long + f(n, m)"
    )


# ---------------------------------------------------------------- reach

TEXT = """
class Cell(Struct):
    def begin(self):
        return self._help() + self.size

    def go(self):
        self.step()
        Area.begin(self)
        Elsewhere.begin(self)
        return Area(1)

    @property
    def size(self):
        return measured(self)

    def _help(self):
        return self.go

    @by_contract
    def step(self):
        return inner()

class Area:
    def __init__(self, n):
        self.n = check(n)

    def area(self):
        return 1

def measured(cell): ...
def inner(): ...
def check(n): ...
"""


def test_calls_are_followed_by_name_through_properties_and_constructors():
    reached = executed_by([TEXT], ["begin", "go", "step"])
    assert reached["begin"] == {"begin", "_help", "size", "measured"}
    assert reached["go"] == {"go", "Area", "__init__", "check"}


def test_an_operation_relied_on_by_contract_is_executed_for_itself_only():
    reached = executed_by([TEXT], ["go", "step"])
    assert "inner" in reached["step"]
    assert not {"step", "inner"} & reached["go"]
    assert executed_by([TEXT], ["go", "check"], ["check"])["go"] == {"go", "Area", "__init__"}


def test_functions_of_parts_are_found():
    assert executed_by(["def start(): go_on()", "def go_on(): ..."], ["start"])["start"] == {"start", "go_on"}


def test_a_variable_is_no_function():
    """What a function calls ``write`` may be a parameter of its own."""
    text = "def look(write): return write\ndef write(): ...\ndef store():\n    look = write()\n    return look\n"
    reached = executed_by([text], ["look", "store"])
    assert reached["look"] == {"look"}
    assert reached["store"] == {"store", "write"}
