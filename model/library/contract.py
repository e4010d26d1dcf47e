"""What is claimed of the ready parts: every change that one offers keeps its laws, and does what it says.

Each change is an operation of this subject.  It executes nothing: it starts from any part of which the laws hold, and
from any fields that show it, and the laws are shown of the part, and of the fields, that the change leads to.
"""

from __future__ import annotations

from model.language.logic import Subject
from model.library.blocks import CHANGES as BLOCKS
from model.library.lists import CHANGES as LISTS

PUBLIC = Subject("library", (), (*BLOCKS, *LISTS))
