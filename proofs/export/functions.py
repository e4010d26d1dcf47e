"""Functions of the program as functions of C.

TRUSTED: a function of C takes and gives what Python's does; what it gives by address is written only if it succeeds.
"""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass

from proofs.export.calls import ABSENT, fails, gives, receiver_name
from proofs.export.facts import Facts
from proofs.export.inference import Kinds, Reader
from proofs.export.kinds import NONE, Kind
from proofs.export.leaving import has_final
from proofs.export.names import Names
from proofs.export.program import Function, Parameter
from proofs.export.statements import Statements
from proofs.export.values import PRIMARY, Value, name
from proofs.export.ways import ends
from proofs.export.writing import INDENT, Sheet

DECLARATION = re.compile(r"\s*(struct |u?int\w* |bool |const |static |\w+_status \w+( =.*)?;|})")
VARIABLE = re.compile(r"(\s*)(?!return\b|goto\b)(?:const )?(?:struct \w+|\w+) \*?(\w+)(?: = .*)?;$")
RESERVED = ("status", "returning", "returned")


@dataclass
class Written:
    """A function of C: its head, and its lines from there on."""

    function: Function
    head: str
    lines: list[str]


def holds_callable(kinds: Kinds, kind: Kind) -> bool:
    """Whether a value would keep what can be called beyond the call that handed it on."""
    if kind.is_ == "record":
        reader = Reader(kinds, next(iter(kinds.order)))
        return any(holds_callable(kinds, reader.part(kind.name, part)) for part, _ in kinds.program.parts(kind.name))
    return kind.is_ == "callable" or any(holds_callable(kinds, part) for part in kind.parts)


def plain_labels(lines: list[str]) -> list[str]:
    """Labels that something goes to; an empty statement behind one only where a declaration, or nothing, follows."""
    aims = {line.strip() for line in lines if line.lstrip().startswith("goto ")}
    lines = [line for line in lines if not line.endswith(":;") or f"goto {line[:-2]};" in aims]
    following = [*lines[1:], "}"][: len(lines)]
    return [
        line[:-1] if line.endswith(":;") and not DECLARATION.match(after) else line
        for line, after in zip(lines, following, strict=True)
    ]


PASSED_ON = re.compile(
    r"(?P<indent> *)if \((?P<status>status|pending) != (?P<ok>\w+_OK)\) \{\n"
    r" *return (?P=status);\n(?P=indent)\}\n(?P=indent)return (?P=ok);"
)
"""A status that is passed on whatever it is."""


def is_read(name: str, lines: list[str]) -> bool:
    """Whether a variable is read anywhere: more than declared and assigned to."""
    given = re.compile(rf"\s*(?:(?!return\b)\w[\w ]* \*?)?{name}(?: = (.*))?;$")
    for line in lines:
        match = given.match(line)
        if re.search(rf"\b{name}\b", (match[1] or "") if match else line):
            return True
    return False


def with_unread(lines: list[str]) -> list[str]:
    """The lines, and behind the declaration of what nothing reads a sign that this is meant."""
    result = []
    for line in lines:
        result.append(line)
        match = VARIABLE.match(line)
        if match and not is_read(match[2], lines):
            result.append(f"{match[1]}(void){match[2]};")
    return result


def shortened(lines: list[str]) -> list[str]:
    """The lines; where a status is returned if it is not OK, and OK else, it is returned."""
    result: list[str] = []
    for line in lines:
        result.append(line)
        tail = "\n".join(result[-4:])
        match = PASSED_ON.fullmatch(tail)
        if match:
            result[-4:] = [f"{match['indent']}return {match['status']};"]
    return result


@dataclass
class Functions:
    """Writes functions."""

    facts: Facts
    names: Names

    def write(self, function: Function) -> Written:
        """One function."""
        if holds_callable(self.facts.kinds, function.result):
            raise function.refusal(function.node, "what can be called as a result", "hand it on instead")
        sheet = Sheet(self.names, set(RESERVED))
        writer = Statements(self.facts, function, sheet, Reader(self.facts.kinds, function), lambda *given: None)
        writer.fail = writer.failed
        parameters = self._parameters(function, writer)
        outs = self._outs(function, sheet)
        writer.outs = tuple(out for out, _ in outs)
        body = self._tailed(function, writer.reader, function.body)
        writer.scopes.place(body, {one.name for one in function.parameters})
        if has_final(function.body) and function.result is not NONE:
            writer.result = self._held(function.result)
        writer.block(body)
        if not ends(body):
            self._end(function, writer)
        if sheet.lines and sheet.lines[-1] == f"{INDENT}return;":
            sheet.lines.pop()
        lines = shortened(plain_labels(self._openings(writer) + sheet.lines))
        given = [*(written for _, written in parameters), *(out for out, _ in outs)]
        lines = [f"{INDENT}(void){one};" for one in given if not is_read(one, lines)] + with_unread(lines)
        return Written(function, self.head(function, parameters, outs), lines)

    def _tailed(self, function: Function, reader: Reader, body: list[ast.stmt]) -> list[ast.stmt]:
        """Where the last that is done is a call that can fail, what that call gives is returned."""
        bare = body and isinstance(body[-1], ast.Return) and body[-1].value is None
        before = body[:-1] if bare else body
        if not before or not fails(function) or function.result is not NONE:
            return body
        last = before[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            called = reader.target(last.value).function
            if called is not None and fails(called) and called.result is NONE:
                return [*before[:-1], ast.copy_location(ast.Return(last.value), last)]
        if isinstance(last, ast.If):
            tail = copy.copy(last)
            tail.body = self._tailed(function, reader, last.body)
            tail.orelse = self._tailed(function, reader, last.orelse)
            return [*before[:-1], tail, *body[len(before) :]]
        return body

    def _end(self, function: Function, writer: Statements) -> None:
        """Behind the last statement Python returns None."""
        if fails(function) or function.result is not NONE:
            none = Value("", PRIMARY, NONE)
            value = none if function.result is NONE else writer.fitted(none, function.result, function.node)
            writer._leave(value)

    def _parameters(self, function: Function, writer: Statements) -> list[tuple[Parameter, str]]:
        """The parameters that are there in C, with their names."""
        found = []
        for number, one in enumerate(function.parameters):
            if one.kind.is_ in ABSENT or (not function.public and one.name in function.unused):
                continue
            own = bool(function.owner) and number == 0 and one.name == "self"
            written = writer.sheet.fresh(receiver_name(function.owner) if own else one.name)
            writer.locals_[one.name] = written
            found.append((one, written))
        return found

    def _outs(self, function: Function, sheet: Sheet) -> list[tuple[str, Kind]]:
        """The parameters through which something is given, called after what is returned where that has a name."""
        kinds = gives(function)
        if function.result.is_ != "tuple":
            return [(sheet.fresh("result"), kind) for kind in kinds]
        first = next((one for one in ast.walk(function.node) if isinstance(one, ast.Return)), None)
        elements = first.value.elts if first is not None and isinstance(first.value, ast.Tuple) else []
        said = [one.id for one in elements if isinstance(one, ast.Name)]
        wanted = said if len(said) == len(kinds) else [f"result_{number}" for number in range(len(kinds))]
        return [(sheet.fresh(f"{one}_out"), kind) for one, kind in zip(wanted, kinds, strict=True)]

    def _held(self, kind: Kind) -> Value:
        if kind.is_ == "tuple":
            items = tuple(name(f"returned_{number}", part) for number, part in enumerate(kind.parts))
            return Value("", PRIMARY, kind, items=items)
        return name("returned", kind)

    def _openings(self, writer: Statements) -> list[str]:
        """The declarations at the head of the body."""
        lines = []
        if writer.sheet.needs_status:
            lines.append(f"{self.names.status_type} status;")
        if writer.result is not None:
            for one in writer.result.items or (writer.result,):
                lines.append(f"{self.names.declaration(one.kind, one.text)} = {writer.zero(one.kind)};")
        if writer.returns:
            lines.append("bool returning = false;")
        return [INDENT + line for line in lines]

    def head(self, function: Function, parameters: list[tuple[Parameter, str]], outs: list[tuple[str, Kind]]) -> str:
        """``type name(parameters)``."""
        taken = [self._taken(function, one, written) for one, written in parameters]
        taken += [self.names.declaration(kind, f"*{out}").replace("* *", "**") for out, kind in outs]
        name_ = self.names.function(function)
        arguments = ", ".join(taken) or "void"
        if fails(function):
            return f"{self.names.status_type} {name_}({arguments})"
        if outs or function.result is NONE:
            return f"void {name_}({arguments})"
        return f"{self.names.declaration(function.result, f'{name_}({arguments})')}"

    def _taken(self, function: Function, one: Parameter, written: str) -> str:
        text = self.names.declaration(one.kind, written)
        kept = one.kind.is_ == "view" and one.name not in function.mutated
        return f"const {text}" if kept else text
