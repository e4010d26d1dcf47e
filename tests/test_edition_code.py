"""The code of a module is compiled once for all editions in which it is the same, and anew where anything differs."""

import inspect
from collections.abc import Mapping
from types import CodeType

from impl import arithmetic
from proofs import registry
from proofs.engine import edition

PROOF = registry.proof_of("segment_heap")
TEXT = inspect.getsource(arithmetic)


def code_of(variants: Mapping[str, str], redirected: Mapping[str, str] | None = None) -> dict[str, CodeType]:
    """The code of each module of the segment heap, some of them with another text."""
    program = edition.compiled(PROOF.module, None, PROOF.parts, variants, PROOF.outside.state, PROOF.says)
    names = redirected or {name: edition.edition_name(name) for name in program.modules}
    return {name: edition._compiled(one, program, names) for name, one in program.modules.items()}


def same(one: Mapping[str, CodeType], other: Mapping[str, CodeType]) -> set[str]:
    """The modules that have the very same code in both."""
    return {name for name in one if one[name] is other[name]}


def test_an_edit_of_one_module_leaves_the_code_of_the_others_and_is_not_taken_for_the_text_as_it_was() -> None:
    assert TEXT.count("value - value % alignment") == 1
    edited = {"impl.arithmetic": TEXT.replace("value - value % alignment", "value + value % alignment")}
    sound, faulty, again = code_of({}), code_of(edited), code_of({})
    assert same(sound, faulty) == sound.keys() - {"impl.arithmetic"}
    assert same(sound, again) == sound.keys()


def test_a_name_that_stands_for_something_else_makes_other_code_of_the_same_text() -> None:
    """What was a constant of another module is a function now: whoever imports it, the text unchanged, is compiled."""
    assert TEXT.count("\nNULL = 0\n") == 1
    edited = TEXT.replace("NULL = 0\n", "\n\ndef NULL() -> int:\n    return 0\n")
    assert "impl.segment_heap" not in same(code_of({}), code_of({"impl.arithmetic": edited}))


def test_a_module_that_imports_from_elsewhere_has_code_of_its_own() -> None:
    plain = code_of({})
    assert not same(plain, code_of({}, {name: f"{name}.elsewhere" for name in plain})) - {"impl.arithmetic"}
