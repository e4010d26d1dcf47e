"""Statements and expressions that the language does not have, and what is said of each."""

from __future__ import annotations

from proofs.engine.refusal import WORDS
from tests.programs.text import Case, body


def known(name: str, lines: str, at: str = "") -> Case:
    """Lines with a construct that is often tried."""
    return body(lines, *WORDS[name], at)


OFTEN_TRIED = {
    "Global": known("Global", "global x"),
    "Nonlocal": known("Nonlocal", "if n:\n    nonlocal n", at="nonlocal n"),
    "FunctionDef": known("FunctionDef", "def inner():\n    return 1"),
    "AsyncFunctionDef": known("AsyncFunctionDef", "async def inner():\n    return 1"),
    "Lambda": known("Lambda", "x = lambda: 1"),
    "ClassDef": known("ClassDef", "class Inner:\n    pass"),
    "With": known("With", "with self.memory:\n    pass"),
    "AsyncWith": known("AsyncWith", "async with self.memory:\n    pass"),
    "AsyncFor": known("AsyncFor", "async for x in n:\n    pass"),
    "Match": known("Match", "match n:\n    case last:\n        pass"),
    "NamedExpr": known("NamedExpr", "while (n := n + 1) < 3:\n    pass"),
    "ListComp": known("ListComp", "x = [y for y in (1, 2)]"),
    "SetComp": known("SetComp", "x = {y for y in (1, 2)}"),
    "DictComp": known("DictComp", "x = {y: y for y in (1, 2)}"),
    "GeneratorExp": known("GeneratorExp", "x = max(y for y in (1, 2))"),
    "Yield": known("Yield", "x = yield n"),
    "YieldFrom": known("YieldFrom", "x = yield from n"),
    "Await": known("Await", "x = await n"),
    "Assert": known("Assert", "assert n"),
    "Delete": known("Delete", "del n"),
    "Starred": known("Starred", "helper(*n)"),
    "List": known("List", "x = [n]"),
    "Set": known("Set", "x = {n}"),
    "Dict": known("Dict", "x = {n: n}"),
    "Slice": known("Slice", "x = n[1:2]"),
    "JoinedStr": known("JoinedStr", 'x = f"{n}"'),
    "Import": known("Import", "import sys"),
    "ImportFrom": known("ImportFrom", "from sys import exit"),
    "Pow": known("Pow", "x = n**n"),
    "Div": known("Div", "x = n / 2"),
    "MatMult": known("MatMult", "x = n @ n"),
    "UAdd": known("UAdd", "x = +n"),
    "In": known("In", "x = n in (1, 2)"),
    "NotIn": known("NotIn", "x = n not in (1, 2)"),
    "Is": known("Is", "x = (n > 3) is True"),
    "IsNot": known("IsNot", "x = (n > 3) is not False"),
    "TryStar": known("TryStar", "try:\n    pass\nexcept* ValueError:\n    pass"),
}

STATEMENTS_REFUSED = {
    "two targets": body("x = y = n", "several targets", "one after the other"),
    "an annotation alone": body("x: int", "an annotation without a value", "assign a value"),
    "a field augmented": body("self.a += 1", "`self.a += 1`", "x.a = x.a + 1"),
    "an undeclared attribute": body("self.seen = 1", "an assignment to self.seen", "declare a field"),
    "a view moved": body("self.address = n", "an assignment to self.address", "make a new view"),
    "a memory exchanged": body("self.memory = n", "an assignment to self.memory", "make a new view"),
    "an item": body("n[1] = 2", "an assignment to n[1]", "keep it in memory"),
    "a class attribute": body("Cell.a = 1", "an assignment to an attribute of Cell", "a field of a view"),
    "a starred target": body("x, *y = 1, 2", "a starred expression"),
    "a list as target": body("[x, y] = 1, 2", "a list"),
    "return in finally": body("try:\n    pass\nfinally:\n    return 1", "return in finally", "behind it", "return 1"),
    "break out of finally": body(
        "while n:\n    try:\n        break\n    finally:\n        pass", "break in a try", "leave the try", "break"
    ),
    "continue out of finally": body(
        "for x in (1, 2):\n    try:\n        continue\n    finally:\n        pass", "continue in a try", "", "continue"
    ),
    "a loop in finally": body(
        "try:\n    pass\nfinally:\n    while n:\n        pass", "a loop in finally", "behind the try", "while n"
    ),
    "else of while": body("while n:\n    pass\nelse:\n    n = 1", "an else of a loop", "behind the loop", "n = 1"),
    "else of for": body("for x in (1, 2):\n    pass\nelse:\n    n = 1", "an else of a loop", "behind", "n = 1"),
    "targets of for": body("for x, y in ((1, 2), (3, 4)):\n    pass", "several targets", "one by one"),
    "raise of a class": body("raise InvalidFree", "`raise InvalidFree`", "raise Error(...)"),
    "raise of an exit": body("raise SystemExit(0)", "`raise SystemExit(0)`", "an error of impl.errors"),
    "raise from": body("raise InvalidFree('x') from None", "from None", "raise Error(...)"),
    "raise with key": body("raise InvalidFree(x=1)", "a keyword in an error", "in order"),
    "raise of nothing": body("raise", "`raise`"),
    "raise behind a handler": body("try:\n    pass\nexcept ValueError:\n    pass\nraise", "`raise`", "", "raise"),
    "except of all": body("try:\n    pass\nexcept:\n    pass", "`except`", "catch errors of impl.errors", "except:"),
    "except Exception": body("try:\n    pass\nexcept Exception:\n    pass", "`except Exception`", "", "except E"),
    "except of division": body(
        "try:\n    pass\nexcept ZeroDivisionError:\n    pass", "`except ZeroDivisionError`", "", "except Z"
    ),
    "except with a name": body(
        "try:\n    pass\nexcept ValueError as e:\n    pass", "as e`", "without a name", "except V"
    ),
    "except of what is computed": body(
        "try:\n    pass\nexcept helper(n):\n    pass", "`except helper(n)`", "", "except h"
    ),
    "a statement of no effect": body("n + 1", "the statement `n + 1`", "assign its value"),
    "an invariant elsewhere": body('loop("spec", n)', "loop(...) that is not the first", "write it first"),
    "an invariant of a for": body(
        'for x in (1, 2):\n    loop("spec", n)', "loop(...) that is not the first", "", 'loop("s'
    ),
    "a claim without specification": body("hold()", "`hold()`", 'hold("specification", ...)'),
    "a claim of a number": body("hold(1, n)", "`hold(1, n)`", 'hold("specification", ...)'),
    "a claim of a bare name": body("hold(spec, n)", "`hold(spec, n)`", "say a specification by its name, a string"),
    "a claim of a constant": body("hold(NAME, n)", "`hold(NAME, n)`", 'hold("specification", ...)'),
    "a claim of bytes": body("hold(b'spec', n)", "`hold(b'spec', n)`", "a string"),
    "a claim of an f-string": body('hold(f"spec", n)', "`hold(f'spec', n)`", "a string"),
    "a claim of all": body("hold(*n)", "`hold(*n)`", "a string"),
    "a claim by key": body('hold("spec", n=n)', "`hold('spec', n=n)`", "a string"),
    "a step whose name is computed": body(
        'advance("sp" + "ec", n)', "`advance('sp' + 'ec', n)`", 'advance("specification", ...)'
    ),
    "an invariant that is computed": body("while n:\n    loop(helper(n), n)", "`loop(helper(n), n)`", "", "loop(h"),
    "an invariant that nobody defines": body(
        'while n:\n    loop("walk_for_fitt", n)',
        "no specification is called 'walk_for_fitt'",
        "the proof record of pool defines walk_for_fit, walk_for_address, walk_to_wipe, walk_to_dump and 2 more",
        "loop(",
    ),
    "a claim that nobody defines": body('hold("specs", n)', "no specification is called 'specs'", "defines spec"),
    "a step that nobody defines": body('advance("", n)', "no specification is called ''", "the proof record of pool"),
    "a state that is computed": body(
        'while n:\n    loop("spec", self, n + 1, n)\nreturn n', "n + 1 in loop", "name the", "loop("
    ),
}
EXPRESSIONS_REFUSED = {
    "type": body("x = type(n)", "a call of type", "call functions of the program"),
    "isinstance": body("x = isinstance(n, int)", "a call of isinstance"),
    "hasattr": body("x = hasattr(n, 'a')", "a call of hasattr"),
    "int of str": body("x = int(str(n))", "a call of int"),
    "print": body("print(n)", "a call of print"),
    "exec": body("exec('1')", "a call of exec"),
    "globals": body("x = globals()", "a call of globals"),
    "super elsewhere": body("super().release()", "super().release", "name the struct"),
    "a range as a value": body("x = range(3)", "a call of range"),
    "sum": body("x = sum((1, n))", "a call of sum"),
    "min of a tuple": body("x = min((1, n))", "min of one argument"),
    "min with a key": body("x = min(n, 2, key=helper)", "an argument with ** or key"),
    "arguments of a dict": body("helper(**n)", "an argument with ** or key", "name every argument"),
    "a call of a call": body("x = helper(n)(1)", "a call of helper(n)", "by its name"),
    "an unknown name": body("x = unknown", "the name unknown", "bind it, or import it"),
    "the prover's name": body("x = __engine__", "the name __engine__"),
    "the module's own name": body("x = __name__", "the name __name__"),
    "a function as a value": body("x = helper", "helper, which is a function of the program, as a value"),
    "a struct as a value": body("x = Cell", "Cell, which is a struct, as a value"),
    "an error as a value": body("x = InvalidFree('x')", "a call of InvalidFree"),
    "a type as a value": body("x = Memory", "Memory, which is a name for type annotations only"),
    "a specification called": body("x = spec(self, n, n)", "a call of spec"),
    "an annotation as a value": body("x = loop", "loop, which is an annotation, as a value"),
    "dunder attribute": body("x = self.__class__", "the attribute __class__", "no struct, record or memory"),
    "an attribute of nothing": body("x = self.unheard", "the attribute unheard"),
    "a member of the prover": body("x = n.term", "the attribute term"),
    "a float": body("x = 0.5", "the constant 0.5", "integers, True, False and None"),
    "bytes": body("x = b'a'", "the constant b'a'"),
    "an ellipsis": body("x = ...", "the constant Ellipsis"),
    "a tuple compared": body("x = (n, 1) == (1, n)", "a tuple", "returned, taken apart"),
    "a tuple added": body("x = n + (1,)", "a tuple"),
    "a format that can fail": body('raise InvalidFree(f"{n:q}")', "the format q", "write {x} or {x:#x}"),
    "a format that is computed": body('raise InvalidFree(f"{n:{n}}")', "the format {n}"),
    "an f-string logged": body('self.memory.log(f"{n}")', "an f-string"),
    "an item of a call": body("x = helper(n)[0]", "helper(n)[0]", "name what is indexed"),
    "a loop annotation with a value": body('x = loop("spec", n)', "a call of loop"),
    "an advance inside an expression": body('x = helper(advance("spec", n))', "a call of advance"),
    "a complex number": body("x = 1j", "the constant 1j"),
}
