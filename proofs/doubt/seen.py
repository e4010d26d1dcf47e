"""What Python can see of a symbolic value, or of the prover around it, and of a number, or of a machine, cannot."""

from __future__ import annotations

from proofs.doubt.toys import Toy, result_is

KIND = "seen"
ZERO = (result_is(0),)
ALWAYS = "the operation returns 0 for every n"


def asking(condition: str, yes: int = 1) -> str:
    """The method that returns ``yes`` if the condition holds, else the other of 0 and 1."""
    return f"""
    def run(self, n):
        if {condition}:
            return {yes}
        return {1 - yes}
"""


def toy(name: str, condition: str, yes: int = 1, before: str = "") -> Toy:
    """A program that branches on what it sees: CPython sees it, or does not, for every n."""
    return Toy(name, ALWAYS, asking(condition, yes), ZERO, before)


TOYS = (
    toy("comparison_is_true", "(n > 3) is True"),
    Toy(
        "comparison_is_false",
        ALWAYS,
        """
    def run(self, n):
        small = n < 3
        if small is False:
            return 1
        return 0
""",
        ZERO,
    ),
    Toy(
        "case_true",
        ALWAYS,
        """
    def run(self, n):
        match n > 3:
            case True:
                return 1
        return 0
""",
        ZERO,
    ),
    toy("type_is_int", "type(n) is int"),
    toy("comparison_isinstance_bool", "isinstance(n > 3, bool)"),
    toy("number_has_bit_count", 'hasattr(n, "bit_count")'),
    toy("length_of_the_digits", 'len(f"{n}") == 1'),
    toy("number_out_of_its_digits", "int(str(n)) == n"),
    toy("dictionary_by_number", "{n: 1} == {5: 1}"),
    toy("digits", 'str(n) == "5"'),
    toy("words_of_a_number", "repr(n).isdigit()"),
    toy("percent_format", '"%s" % n == "5"'),
    toy("real_part", "n.real == n if hasattr(n, 'real') else False"),
    toy("comparison_has_a_term", 'hasattr(n > 3, "term")', 0),
    toy("comparison_is_a_number", "isinstance(n > 3, int)"),
    toy("name_of_the_type", 'type(n).__name__ == "int"'),
    toy("name_of_the_module", '__name__.endswith("symbolic")', 0),
    toy("global_names", '"__engine__" in globals()', 0),
    toy("type_of_memory", 'type(self.memory).__name__ == "SymMemory"', 0),
    toy("frames_above", 'sys._getframe(1).f_code.co_name == "call_method"', 0, "import sys"),
    toy("identity_of_equal_numbers", "n + 0 is n"),
    toy("truth_as_an_index", '("no", "yes")[n == 5] == "yes"'),
    toy("lookup_by_number", "{5: 1}.get(n, 0) == 1"),
    toy("member_of_a_set", "n in {5, 6}"),
    toy("member_of_a_text", 'str(n) in "12345"'),
    toy("sorted_by_key", "sorted((n, 3), key=str)[1] == n"),
    toy("equal_to_nothing", "(n > 3) == None", 0),
)
