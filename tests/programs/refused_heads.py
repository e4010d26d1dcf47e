"""Functions, heads of modules, classes and specifications that the language does not have."""

from __future__ import annotations

from tests.programs.text import Case, body, head, member, text_of

FUNCTIONS_REFUSED = {
    "star": member("def f(self, *n):\n    return 1", "an argument with * or **", "name every argument"),
    "two stars": member("def f(self, **n):\n    return 1", "an argument with * or **"),
    "keyword only": member("def f(self, *, n):\n    return 1", "an argument with * or **"),
    "a local loop": member("def f(self, loop):\n    return 1", "a local loop", "no meaning yet"),
    "a local range": member("def f(self):\n    range = 1\n    return 1", "a local range"),
    "a local by_contract": member("def f(self):\n    by_contract = 1\n    return 1", "a local by_contract"),
    "a local struct": member("def f(self):\n    Cell = 1\n    return 1", "a local Cell"),
    "a local dunder": member("def f(self):\n    __engine__ = 1\n    return 1", "a local __engine__"),
    "a local super": member("def f(self):\n    super = 1\n    return 1", "a local super"),
    "a counter of a for": member("def f(self):\n    for len in (1, 2):\n        pass\n    return 1", "a local len"),
    "a default that is called": member(
        "def f(self, n=helper(1)):\n    return 1", "the default helper(1)", "a constant"
    ),
    "a default that changes": member("def f(self, n=[]):\n    return 1", "the default []"),
    "a static method": member("@staticmethod\ndef f(n):\n    return 1", "the decorator staticmethod"),
    "a property": member(
        "@property\ndef f(self):\n    return 1", "the decorator property", "by_contract and classmethod"
    ),
    "a decorator called": member("@helper(1)\ndef f(self):\n    return 1", "the decorator helper(1)"),
    "a type that is computed": member(
        "def f(self, n: helper(1)):\n    return 1", "the type helper(1)", "names of types"
    ),
    "a result type": member("def f(self) -> (x := 1):\n    return 1", "the type (x := 1)"),
    "a local's type": body("x: helper(1) = 2", "the type helper(1)"),
}
HEADS_REFUSED = {
    "import": head("import sys", "'import sys' at the level of the module", "bind a name once"),
    "import of all": head("from impl.errors import *", "`from impl.errors import *`", "one by one"),
    "import by alias": head("from impl.errors import NotValid as Other", "as Other`", "by their own names"),
    "relative import": head("from .errors import NotValid", "from .errors", "by their own names"),
    "import of the prover": head("from proofs.engine.path import current", "the import of current"),
    "import of the observer": head("from model.language.annotations import observed", "the import of observed"),
    "import of Python's": head("from os import _exit", "the import of _exit from os", "import from impl/"),
    "import of a specification": head(
        "from model.segment_loops import walk_for_fit", "the import of walk_for_fit", "by its name, a string"
    ),
    "import of the specification language": head(
        "from model.language.logic import Loop", "the import of Loop", "by its name"
    ),
    "a call": head("print(1)", "'print(1)' at the level", "bind a name once"),
    "an if": head("if True:\n    X = 1", "'if True:' at the level"),
    "a global that is computed": head("X = helper(1)", "X = helper(1)", "numbers, tuples and types"),
    "a list": head("X = [1]", "X = [1]"),
    "a dict": head("X = {}", "X = {}"),
    "a float": head("X = 1 / 2", "X = 1 / 2"),
    "another name of an annotation": head("X = loop", "X = loop"),
    "another name of int": head("X = int", "X = int"),
    "a second binding": head("X = 1\nX = 2", "a second binding of X", "once", "X = 2"),
    "a function twice": head("def f():\n    return 1\ndef f():\n    return 2", "a second binding of f", "", "def f():"),
    "range bound": head("range = 1", "a binding of range", "no meaning yet"),
    "loop bound": head("def loop(n):\n    return 1", "a second binding of loop"),
    "super bound": head("def super():\n    return 1", "a binding of super"),
    "dunder bound": head("__engine__ = 1", "a binding of __engine__"),
    "a dunder function": head("def __getattr__(name):\n    return 1", "a binding of __getattr__"),
    "augmented": head("X = 1\nX += 1", "at the level of the module", "", "X += 1"),
    "unpacked": head("X, Y = 1, 2", "at the level of the module"),
    "two targets": head("X = Y = 1", "at the level of the module"),
    "a type's own code": head("X: int = 1", "at the level of the module"),
    "__all__ that does something": head("__all__ = [helper(1)]", "__all__ = [helper(1)]"),
    "an async function": head("async def f():\n    return 1", "at the level of the module"),
    "try": head("try:\n    X = 1\nfinally:\n    pass", "at the level of the module"),
}


def struct(lines: str, first: str = "class Other(Struct, size=8):") -> str:
    """Another struct."""
    return f"{first}\n" + "\n".join(f"    {line}" for line in lines.splitlines())


def classes(*texts: str) -> str:
    """Several classes, one after the other."""
    return "\n\n\n".join(texts)


PART, WHOLE = "class Other(Struct):", "class Whole(Other, size=8):"
BOTH = "class Both(Other, More, size=16):"
CLASSES_REFUSED = {
    "a metaclass": head(struct("x = u64()", "class Other(Struct, size=8, metaclass=type):"), "the keyword metaclass"),
    "no size": head(struct("x = u64()", "class Other(Struct):"), "the struct Other without a size", "size=..."),
    "a size that is computed": head(struct("x = u64()", "class Other(Struct, size=int(8)):"), "the keyword size"),
    "a size that hides a call": head(struct("x = u64()", "class Other(Struct, size=int(4) + 4):"), "the keyword size"),
    "offsets that hide a call": head(
        struct("x = u64()", "class Other(Struct, size=8, offsets={'x': int(0)}):"), "the keyword offsets"
    ),
    "fields of a derived struct": head(
        struct("y = u64()") + "\n\n\n" + struct("x = u64()", "class More(Other):"),
        "`x = u64()` in a class",
        "",
        "x = u64()",
    ),
    "a size of a derived struct": head(
        struct("y = u64()") + "\n\n\n" + struct("pass", "class More(Other, size=16):"),
        "the keyword size",
        "",
        "class More",
    ),
    "offsets without a size": head(
        classes(struct("x = u64()", "class Other(Struct, offsets={'x': 0}):"), struct("pass", WHOLE)),
        "the keyword offsets",
        "",
        "class Other",
    ),
    "a part of nothing": head(
        classes(struct("x = u64()", PART), struct("y = u64()", "class More(Other):")),
        "the struct More without a size",
        "size=...",
        "class More",
    ),
    "two parts": head(
        classes(struct("x = u64()", PART), struct("y = u64()", "class More(Struct):"), struct("pass", BOTH)),
        "a class with the bases ['Other', 'More']",
        "from one class",
        "class Both",
    ),
    "two holders": head(
        classes(
            struct("pass", "class Other:"), struct("pass", "class More:"), struct("pass", "class Both(Other, More):")
        ),
        "a class with the bases ['Other', 'More']",
        "from one class",
        "class Both",
    ),
    "two bases": head(struct("pass", "class Other(Struct, Memory, size=8):"), "a class with the bases"),
    "a base of Python's": head(struct("pass", "class Other(dict):"), "a class with the bases ['dict']"),
    "a base of the machine": head(struct("pass", "class Other(Memory):"), "a class with the bases ['Memory']"),
    "a decorated class": head(struct("pass", "@helper\nclass Other:"), "a decorated class Other", "", "class Other"),
    "a dataclass that changes": head(
        struct("x: int", "@dataclass\nclass Other:"), "a decorated class", "", "class Other"
    ),
    "a constant in a struct": head(struct("x = 1"), "`x = 1` in a class", "fields and functions", "x = 1"),
    "a state of the class": head(struct("x = 1", "class Other:"), "`x = 1` in a class", "", "x = 1"),
    "a field with arguments": head(struct("x = u64(1)"), "`x = u64(1)` in a class", "", "x = u64(1)"),
    "two names of a field": head(struct("x = y = u64()"), "`x = y = u64()` in a class", "", "x = y"),
    "a field twice": head(struct("x = u8()\nx = u8()"), "a member x of class Other", "choose another", "x = u8()"),
    "a field called memory": head(struct("memory = u64()"), "a member memory", "", "memory = u64()"),
    "a field called SIZE": head(struct("SIZE = u64()"), "a member SIZE", "", "SIZE = u64()"),
    "a function called release": head(
        struct("def release(self):\n    return 1"), "a member release", "", "def release"
    ),
    "truth of a view": head(struct("def __bool__(self):\n    return False"), "a member __bool__", "", "def __bool__"),
    "attributes of a view": head(
        struct("def __getattr__(self, n):\n    return 1"), "a member __getattr__", "", "def __g"
    ),
    "a subclass hook": head(
        struct("def __init_subclass__(cls):\n    return 1"), "a member __init_subclass__", "", "def __init_subclass__"
    ),
    "slots of a struct": head(
        struct('__slots__ = ("seen",)'), "`__slots__ = ('seen',)` in a class", "", '__slots__ = ("seen'
    ),
    "slots that do something": head(
        struct("__slots__ = (int(1),)", "class Other:"), "`__slots__ = (int(1),)` in a class", "", "__slots__ = (int"
    ),
    "a part with a default": head(struct("x: int = 1", "class Other(NamedTuple):"), "in a class", "", "x: int = 1"),
    "a part whose type does something": head(
        struct("x: int(1)", "class Other(NamedTuple):"), "in a class", "", "x: int(1)"
    ),
    "a part of something": head(
        struct("helper(1).x: int", "class Other(NamedTuple):"), "in a class", "", "helper(1).x"
    ),
    "a class in a class": head(struct("class Inner:\n    pass", "class Other:"), "in a class", "", "class Inner"),
    "a loop in a class": head(struct("for x in (1, 2):\n    pass", "class Other:"), "in a class", "", "for x in"),
    "a dataclass of one's own": Case(
        text_of(head="").replace("from dataclasses import dataclass", "def dataclass(frozen):\n    return frozen"),
        "class Frozen",
        "a decorated class Frozen",
        "only",
    ),
}
