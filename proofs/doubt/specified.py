"""The specifications of a small program: a text beside the program's own, as model/ lies beside impl/."""

from __future__ import annotations

import sys
import types

from proofs.engine.annotations import Specifications, named

NAME = "toy_specification"
HEAD = """\
from model.language.logic import Loop


"""


def specified(text: str, file: str = "/nowhere/toy_specification.py") -> Specifications:
    """What the names in the program's annotations stand for: the functions of the text, which is a module by itself."""
    module = types.ModuleType(NAME)
    module.__file__ = file
    sys.modules[NAME] = module
    exec(compile(HEAD + text, file, "exec", dont_inherit=True), module.__dict__)
    functions = (value for value in vars(module).values() if isinstance(value, types.FunctionType))
    return named(*(function for function in functions if function.__module__ == NAME))
