"""Random programs with something in the wrong place: an expression, an operator, a statement."""

from __future__ import annotations

import ast
import copy
from random import Random

from tests.programs.program import Program, program

OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.BitAnd, ast.BitOr, ast.BitXor, ast.RShift)
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.In)
ODD = (
    "None",
    "True",
    "self",
    "self.memory",
    "'text'",
    "(1, 2)",
    "-1",
    "2**64 - 1",
    "0",
    "self.link",
    "n",
    "Node",
    "~n",
)


def mutant(seed: int, decisions: int = 10, changes: int = 2) -> Program:
    """The program of that number with a few changes in its functions."""
    random = Random(-seed)
    tree = ast.parse(program(seed, decisions).text)
    for _ in range(random.randint(1, changes)):
        _change(random, tree)
    return Program(seed, ast.unparse(ast.fix_missing_locations(tree)) + "\n", False)


def _change(random: Random, tree: ast.Module) -> None:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    chosen = random.choice([*functions, functions[-1], functions[-1]])
    random.choice((_expression, _expression, _operator, _statement))(random, chosen)


def _expression(random: Random, function: ast.FunctionDef) -> None:
    """An expression becomes another one of the function, or an odd one."""
    places = [
        (node, field, number)
        for node in ast.walk(function)
        if not isinstance(node, ast.arguments | ast.FunctionDef | ast.JoinedStr | ast.FormattedValue)
        for field, value in ast.iter_fields(node)
        if not (field == "right" and isinstance(getattr(node, "op", None), ast.LShift))  # CPython would take all memory
        for number, part in enumerate(value if isinstance(value, list) else [value])
        if isinstance(part, ast.expr) and isinstance(getattr(part, "ctx", ast.Load()), ast.Load)
    ]
    if not places:
        return
    node, field, number = random.choice(places)
    others = [
        n for n in ast.walk(function) if isinstance(n, ast.expr) and isinstance(getattr(n, "ctx", ast.Load()), ast.Load)
    ]
    new = (
        ast.parse(random.choice(ODD), mode="eval").body
        if random.random() < 0.5
        else copy.deepcopy(random.choice(others))
    )
    if isinstance(getattr(node, field), list):
        getattr(node, field)[number] = new
    else:
        setattr(node, field, new)


def _operator(random: Random, function: ast.FunctionDef) -> None:
    """An operator becomes another."""
    nodes = [
        node for node in ast.walk(function) if isinstance(node, ast.BinOp | ast.Compare | ast.BoolOp | ast.AugAssign)
    ]
    if not nodes:
        return
    node = random.choice(nodes)
    if isinstance(node, ast.Compare):
        node.ops[0] = random.choice(COMPARISONS)()
    elif isinstance(node, ast.BoolOp):
        node.op = random.choice((ast.And, ast.Or))()
    else:
        node.op = random.choice(OPERATORS)()


def _statement(random: Random, function: ast.FunctionDef) -> None:
    """A statement is left out, done twice, or done elsewhere."""
    blocks = [block for node in ast.walk(function) for block in _blocks(node)]
    source, target = random.choice(blocks), random.choice(blocks)
    number = random.randrange(len(source))
    statement = copy.deepcopy(source[number])
    if random.random() < 0.5 and len(source) > 1:
        del source[number]
    if random.random() < 0.7:
        target.insert(random.randint(0, len(target)), statement)


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    fields = (getattr(node, name, None) for name in ("body", "orelse", "finalbody"))
    return [block for block in fields if isinstance(block, list) and block and isinstance(block[0], ast.stmt)]
