"""Programs run by CPython, their text as it is, over a small store of words."""

from __future__ import annotations

import ast
import types
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from tests.programs.program import STRUCTS, Program

WORD_LIMIT = 2**64
MOST_SEEN = 4_000
CELL = 256
NODES = (512, 640)
TINIES = range(1024, 1028)
PLACES = (("Cell", CELL), *(("Node", node) for node in NODES), *(("Tiny", tiny) for tiny in TINIES))
"""What lies where."""


class Fault(BaseException):
    """The program touched a struct that is not there, or stored what does not fit."""


@dataclass(frozen=True)
class Input:
    """The arguments, and the fields: by struct, address and name."""

    arguments: tuple[int, int]
    fields: dict[tuple[str, int, str], Any]


@dataclass
class Outcome:
    """How a run ended; ``fault`` says why it may not be proved, if there is a reason."""

    result: Any = None
    raised: str = ""
    fields: dict[tuple[str, int, str], Any] = field(default_factory=dict)
    log: list[Any] = field(default_factory=list)
    cost: int = 0
    fault: str = ""


def random_input(seed: int) -> Input:
    """Arguments and fields: small ones mostly, and those at the edges of what fits."""
    random = Random(seed)
    fields: dict[tuple[str, int, str], Any] = {}
    for struct, address in PLACES:
        for name, bits in STRUCTS[struct].items():
            fields[struct, address, name] = _random_field(random, bits)
    return Input((_random_word(random, 64), _random_word(random, 64)), fields)


def _random_field(random: Random, bits: int) -> Any:
    if bits < 0:
        return random.choice((*NODES, *NODES, *NODES, 0)) if random.randrange(12) else CELL
    return random.random() < 0.5 if bits == 0 else _random_word(random, bits)


def _random_word(random: Random, bits: int) -> int:
    edge = random.choice((0, 1, 2**bits - 1, 2**bits - 2, 2 ** (bits - 1)))
    return random.choice(
        (random.randrange(4), random.randrange(20), random.randrange(256), random.randrange(256), edge)
    )


class Array:
    """Fields side by side, by their number."""

    def __init__(self, memory: Words, one: Any, address: int, count: int) -> None:
        self.memory, self.one, self.address, self.count = memory, one, address, count

    def __getitem__(self, number: int) -> Any:
        if not 0 <= number < self.count:
            raise Fault(f"no element {number}")
        return self.memory.read(self.one, self.address + number)


class Words:
    """The memory: a value for each field of each header that is there."""

    def __init__(self, fields: dict[tuple[str, int, str], Any]) -> None:
        self.fields = dict(fields)
        self.lines: list[Any] = []
        self.cost = 0

    def _key(self, one: Any, address: int) -> tuple[str, int, str]:
        key = (one.struct.__name__, address, one.name)
        if key not in self.fields:
            raise Fault(f"no {one.struct.__name__} at {address}")
        self.cost += 1
        return key

    def read(self, one: Any, address: int) -> Any:
        """Load a field."""
        return self.fields[self._key(one, address)]

    def write(self, one: Any, address: int, value: Any) -> None:
        """Store a field, if the value fits."""
        key = self._key(one, address)
        if one.kind != "flag" and not 0 <= value < 256**one.width:
            raise Fault(f"{value} does not fit {one}")
        self.fields[key] = value

    def peek(self, one: Any, address: int) -> Any:
        """Load a field; programs here look only where it is."""
        return self.read(one, address)

    def array(self, one: Any, address: int, count: int) -> Array:
        """``count`` structs of one byte."""
        return Array(self, one, address, count)

    def log(self, message: str, *values: Any) -> None:
        """One more line, of which the first value is kept."""
        self.lines.append(values[0] if values else None)


def run(program: Program, given: Input) -> Outcome:
    """What CPython makes of it; a result of an operator that is no word is a fault."""
    watch = Watch()
    watched = _watched(program.text)
    watched.__dict__["__watch__"] = watch.see
    _run(watched, given)
    outcome = _run(_module(program.text), given)
    outcome.fault = outcome.fault or watch.wrong
    return outcome


class Endless(BaseException):
    """The program does not end, as far as the test waits."""


class Watch:
    """Sees the results of operators, and each round of a loop; ``wrong`` is the first that is no word."""

    def __init__(self) -> None:
        self.seen = 0
        self.wrong = ""

    def see(self, value: Any) -> Any:
        """One result."""
        self.seen += 1
        if self.seen > MOST_SEEN or (isinstance(value, int) and value.bit_length() > MOST_SEEN):
            raise Endless
        if isinstance(value, int) and not 0 <= value < WORD_LIMIT:
            self.wrong = self.wrong or f"{value} is no machine word"
        return value


def _run(module: types.ModuleType, given: Input) -> Outcome:
    memory, outcome = Words(given.fields), Outcome()
    try:
        outcome.result = module.Cell(memory, CELL).run(*given.arguments)
    except Fault as error:
        outcome.fault = str(error)
    except Exception as error:
        outcome.raised = type(error).__name__
    outcome.fields, outcome.log, outcome.cost = memory.fields, memory.lines, memory.cost
    outcome.result = plain(outcome.result)
    return outcome


def plain(value: Any, number: Any = lambda value: value) -> Any:
    """A result without anything of the module that it came from; ``number`` tells what its numbers are."""
    if isinstance(value, tuple):
        return (type(value).__name__, *(plain(part, number) for part in value))
    if hasattr(type(value), "FIELDS"):
        return type(value).__name__, plain(value.address, number)
    return value if value is None else number(value)


def _execute(code: types.CodeType) -> types.ModuleType:
    module = types.ModuleType(__name__)  # a dataclass looks its module up
    exec(code, module.__dict__)
    return module


@cache
def _module(text: str) -> types.ModuleType:
    return _execute(compile(text, "program.py", "exec"))


@cache
def _watched(text: str) -> types.ModuleType:
    """The module with every result of an operator handed to ``__watch__``."""
    tree = ast.fix_missing_locations(_Watcher().visit(ast.parse(text)))
    return _execute(compile(tree, "program.py", "exec"))


class _Watcher(ast.NodeTransformer):
    """Lets the results of operators with two operands be seen, in functions only."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        node.body = [self.visit(n) if isinstance(n, ast.FunctionDef | ast.ClassDef) else n for n in node.body]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(n) if isinstance(n, ast.FunctionDef) else n for n in node.body]
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_watching(ast.Constant(0))))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return _watching(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        assert isinstance(node.target, ast.Name)
        return self.visit(
            ast.Assign([node.target], ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value))
        )


def _watching(node: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("__watch__", ast.Load()), [node], [])
