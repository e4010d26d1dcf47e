"""The ways out of a function: what is returned, errors as statuses, handlers, and what is done at last.

TRUSTED: an error becomes a status that takes the same way, to the same handler; what stands in ``finally`` is executed
on the way out.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import partial

from proofs.export import values
from proofs.export.calls import Calls, fails
from proofs.export.facts import catches
from proofs.export.kinds import NONE, Kind, settled
from proofs.export.values import Value
from proofs.export.ways import ends


@dataclass
class Frame:
    """A ``try`` around what is written: where its errors go, and where what it returns goes."""

    handlers: str = ""
    """The label of its handlers, "" where they are not in force."""
    finish: str = ""
    """The label of what stands in ``finally``, "" if there is none."""
    raised: bool = False
    finished: bool = False
    returned: bool = False
    falls: bool = True
    """Whether a path comes out behind it without returning or failing."""
    noted: bool = False
    pending: str = ""
    """The variable that holds the status that is on its way out."""
    caught: str = ""
    """In a handler: the variable that holds the status that is handled."""
    taken: frozenset[str] = frozenset()
    """In a handler: the errors that come there."""


@dataclass
class Leaving(Calls):
    """Writes the ways out of one function; what stands on them is written by ``block`` (statements.py)."""

    frames: list[Frame] = field(default_factory=list)
    outs: tuple[str, ...] = ()
    """The parameters through which the function gives what it gives by address."""
    result: Value | None = None
    """The variable that holds what is returned while something is still to be done."""
    returns: bool = False
    """Whether a variable says that the function returns once all is done."""

    def block(self, statements: list[ast.stmt]) -> None:
        """Statements, one after the other."""
        raise NotImplementedError

    def zero(self, kind: Kind) -> str:
        """What a variable holds before it holds anything."""
        zeros = {"word": "0", "int": "0", "bool": "false", "view": "NULL", "array": "NULL"}
        return zeros.get(settled(kind).is_, "{0}")

    def _return(self, node: ast.Return) -> None:
        kind = self.function.result
        if node.value is not None and self.frames_final() is None and self._passed_on(node):
            return
        value = self.value(node.value) if node.value is not None else Value("", values.PRIMARY, NONE)
        if value.kind is NONE and kind is NONE:
            if value.acts and value.text:
                self.sheet.write(f"{value.text};")
        else:
            value = self.fitted(value, kind, node)
        frame = self.frames_final()
        if frame is None:
            self._leave(value)
            return
        if self.result is not None:
            self._assign_result(self.result, value)
        self._return_through(frame)

    def _return_through(self, frame: Frame) -> None:
        """What is to be done at last comes first; where other paths meet there, a variable says where to go on."""
        frame.returned = frame.finished = True
        if frame.falls:
            self.returns = True
            self.sheet.write("returning = true;")
        self.sheet.write(f"goto {frame.finish};")

    def _passed_on(self, node: ast.Return) -> bool:
        """``return f(...)`` of a function that gives a status, in one that gives the same: its status is returned."""
        function = self.reader.target(node.value).function if isinstance(node.value, ast.Call) else None
        same = function is not None and fails(function) and function.result == self.function.result
        if not same or self.frames or not isinstance(node.value, ast.Call):
            return False
        needed = self.sheet.needs_status
        lines, _ = self.sheet.captured(partial(self.invoked, node.value, list(self.outs)))
        call = next(n for n in reversed(range(len(lines))) if lines[n].lstrip().startswith("status = "))
        text = lines[call].lstrip().removeprefix("status = ")
        for out in self.outs:
            text = text.replace(f"&{out}", out)
        self.sheet.needs_status = needed or any(line.lstrip().startswith("status = ") for line in lines[:call])
        self.sheet.lines += lines[:call]
        self.sheet.write(f"return {text}")
        return True

    def frames_final(self) -> Frame | None:
        """The innermost ``try`` around that has a ``finally``."""
        return next((one for one in reversed(self.frames) if one.finish), None)

    def _assign_result(self, result: Value, value: Value) -> None:
        for held, item in zip(result.items or (result,), value.items or (value,), strict=True):
            self.sheet.write(f"{held.text} = {item.text};")

    def _leave(self, value: Value) -> None:
        """Return at once."""
        ok = self.sheet.names.status("")
        if self.outs:
            items = value.items if value.kind.is_ == "tuple" else (value,)
            for out, item in zip(self.outs, items, strict=True):
                self.sheet.write(f"*{out} = {item.text};")
        if fails(self.function):
            self.sheet.write(f"return {ok};")
        elif self.outs or self.function.result is NONE:
            self.sheet.write("return;")
        else:
            self.sheet.write(f"return {value.text};")

    def _raise(self, node: ast.Raise) -> None:
        if node.exc is None:
            around = self._caught()
            assert around is not None
            self.failed(around.caught, node)
            return
        assert isinstance(node.exc, ast.Call)
        self.failed(self.sheet.names.status(ast.unparse(node.exc.func)), node)

    def failed(self, status: str, node: ast.AST) -> None:
        """Leave with a status: to the handlers around, to what is to be done at last, or to the caller."""
        for frame in reversed(self.frames):
            label = frame.handlers or frame.finish
            if label:
                frame.raised = frame.raised or bool(frame.handlers)
                frame.finished = frame.finished or not frame.handlers
                frame.noted = True
                if frame.pending != status:
                    self.sheet.write(f"{frame.pending} = {status};")
                self.sheet.write(f"goto {label};")
                return
        self.sheet.write(f"return {status};")

    # ------------------------------------------------------------ try

    def _try(self, node: ast.Try) -> None:
        """Errors go to the labels of the handlers, ways out to that of ``finally``."""
        frame, mark = self._frame(node), len(self.sheet.lines)
        self.frames.append(frame)
        self.block(node.body)
        frame.handlers, handlers = "", frame.handlers
        self.block(node.orelse)
        if node.handlers and frame.raised:
            self._handlers(node, frame, handlers)
        self.frames.pop()
        if frame.noted:
            names = self.sheet.names
            self.sheet.write(f"{names.status_type} {frame.pending} = {names.status('')};")
            self.sheet.lines.insert(mark, self.sheet.lines.pop())
        if node.finalbody:
            self._finally(node, frame)

    def _frame(self, node: ast.Try) -> Frame:
        """The ``try``, with names for what it needs."""
        frame = Frame(pending=self.sheet.fresh("pending"))
        if node.handlers:
            frame.handlers = self.sheet.fresh("handle")
        if node.finalbody:
            frame.finish = self.sheet.fresh("finish")
        frame.falls = not ends([*node.body, *node.orelse]) or not all(ends(one.body) for one in node.handlers)
        return frame

    def _caught(self) -> Frame | None:
        """The innermost handler around."""
        return next((frame for frame in reversed(self.frames) if frame.caught), None)

    def _handlers(self, node: ast.Try, frame: Frame, label: str) -> None:
        """What the handlers do, by the error that came."""
        names, falls = self.sheet.names, not ends([*node.body, *node.orelse])
        around = self._caught()
        errors = self.facts.errors_in(self.function, node.body, around.taken if around else frozenset())
        after = self.sheet.fresh("handled")
        if falls:
            self.sheet.write(f"goto {after};")
        self.label(label)
        caught = self.sheet.fresh("caught")
        self.sheet.write("{")
        self.sheet.indent += 1
        self.sheet.write(f"const {names.status_type} {caught} = {frame.pending};")
        self.sheet.write(f"{frame.pending} = {names.status('')};")
        self._chain_of(node, frame, caught, errors)
        self.sheet.indent -= 1
        self.sheet.write("}")
        if falls:
            self.label(after)

    def _chain_of(self, node: ast.Try, frame: Frame, caught: str, errors: frozenset[str]) -> None:
        """The handlers one after the other, as ``if`` and ``else``; what none of them catches goes on its way."""
        head = ""
        for handler in node.handlers:
            frame.taken = frozenset(error for error in errors if catches(handler, error))
            errors -= frame.taken
            if not frame.taken:
                continue
            frame.caught = caught
            test = " || ".join(f"{caught} == {self.sheet.names.status(error)}" for error in sorted(frame.taken))
            self._link(head, test if errors else "")
            self.block(handler.body)
            self.sheet.indent -= 1
            head = "} else "
        frame.caught = ""
        if errors:
            self._link(head, "")
            self.failed(caught, node)
            self.sheet.indent -= 1
        self.sheet.write("}")

    def _link(self, head: str, test: str) -> None:
        """The next of a chain; the last needs no test."""
        self.sheet.write(f"{head}if ({test}) {{" if test else f"{head}{{")
        self.sheet.indent += 1

    def label(self, name: str) -> None:
        """A label, and an empty statement, for a declaration may follow."""
        self.sheet.lines.append(f"{name}:;")

    def _finally(self, node: ast.Try, frame: Frame) -> None:
        """What is done at last; then the status, or what is returned, goes on its way."""
        if frame.finished:
            if self.sheet.lines[-1].strip() == f"goto {frame.finish};":
                self.sheet.lines.pop()
            self.label(frame.finish)
        self.block(node.finalbody)
        if ends(node.finalbody) or not frame.finished:
            return
        if frame.noted and (frame.falls or frame.returned):
            with self.sheet.block(f"if ({frame.pending} != {self.sheet.names.status('')})"):
                self.failed(frame.pending, node)
        elif frame.noted:
            self.failed(frame.pending, node)
        if frame.returned and frame.falls:
            with self.sheet.block("if (returning)"):
                self._go_on_returning()
        elif frame.returned:
            self._go_on_returning()

    def _go_on_returning(self) -> None:
        outer = self.frames_final()
        if outer is None:
            self._leave(self.result or Value("", values.PRIMARY, NONE))
        else:
            self._return_through(outer)


def has_final(body: list[ast.stmt]) -> bool:
    """Whether a function returns from within a ``try`` that has a ``finally``."""
    tries = [one for part in body for one in ast.walk(part) if isinstance(one, ast.Try) and one.finalbody]
    return any(isinstance(one, ast.Return) for part in tries for one in ast.walk(part))
