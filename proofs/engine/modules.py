"""What the names of a module under proof stand for: read from its syntax tree, each bound once, at the module's head.

TRUSTED: what a name stands for decides what may be done with it (language.py).

A *program module* is the subject's own, one of its parts, or a module of impl/ that one of them imports; the few that
belong to the machine (MACHINE) give names only, most of which a program may not touch.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proofs.alias import at_home
from proofs.engine.heads import Kind, does_nothing, is_constant, is_layout, is_type, is_words
from proofs.engine.refusal import Refusal, Refused, of_node

ANNOTATIONS = ("loop", "hold", "advance", "by_contract")
BUILTINS = dict.fromkeys(("range", "min", "max", "len", "bytes", "bytearray"), Kind.PRIMITIVE)
SAY_ITS_NAME = "say a specification by its name, a string, and define it in the record of the proof"
CATCHABLE = ("ValueError", "KeyError")
"""Built-in exceptions that a program may catch; what it reads of a dictionary may raise KeyError."""
RAISABLE = ("ValueError", "TypeError")

MACHINE: Mapping[str, Mapping[str, Kind]] = {
    "impl.layout": {
        "Struct": Kind.BASE,
        "Field": Kind.TYPE,
        **dict.fromkeys(("u8", "u16", "u32", "u64", "uword", "pointer", "flag"), Kind.FIELD),
    },
    "impl.memory": {"Memory": Kind.TYPE, "Array": Kind.TYPE},
    "impl.words": {
        **dict.fromkeys(("check_word", "check_u64"), Kind.PRIMITIVE),
        **dict.fromkeys(("WORD_BITS", "WORD_BYTES", "WORD_LIMIT"), Kind.CONSTANT),
    },
    "impl.reach": dict.fromkeys(("LOW_END", "PHYSICAL_LIMIT", "PLACE_BASE", "PLACE_END"), Kind.CONSTANT),
    "impl.bounds": {},
    "impl.ram": {},
    "impl.shadow": {},
    "impl.tlbs": {},
    "impl.machine": {},
    "impl.virtual_memory": {},
    "model.language.annotations": dict.fromkeys(ANNOTATIONS, Kind.ANNOTATION),
    "typing": {"NamedTuple": Kind.BASE},
    "collections.abc": {},
    "dataclasses": {"dataclass": Kind.BASE},
    "__future__": {},
}
"""Modules that are not programs under proof -> what their names stand for; the names left out serve as types only."""
ERRORS = "impl.errors"
RESERVED = {*ANNOTATIONS, *BUILTINS, *dir(builtins)} - {"next", "id", "hash", "type", "all", "any", "list", "format"}
"""Names that no program binds: they mean what they mean."""
OF_MACHINES = "BaseMemory"
"""The class of the machine's own (impl/ram.py) from which a holder may be derived."""
OF_STRUCTS = (Kind.STRUCT, Kind.PART)
OF_EVERY_STRUCT = ("memory", "address", "SIZE", "FIELDS", "release")
"""What every view has; no field or method may be called so."""


@dataclass
class Module:
    """A program module: its text and tree, what its names stand for, and what its classes declare.

    ``fields`` are the names of the fields of its structs, ``attributes`` all names that its classes declare, ``held``
    those that a holder's ``__init__`` sets.  ``imports`` are the program modules whose names it takes, in order.
    ``parts`` are its structs without a size, ``bases`` the classes from which its own are derived.
    """

    name: str
    file: str
    text: str
    tree: ast.Module
    names: dict[str, Kind] = field(default_factory=dict)
    structs: dict[str, frozenset[str]] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    imports: list[str] = field(default_factory=list)
    parts: dict[str, ast.ClassDef] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, node: ast.AST, construct: str = "", instead: str = "") -> None:
        """Note that the module holds a construct that the language does not have."""
        self.refusals.append(of_node(self.file, node, construct, instead))


def analysed(name: str, file: str, text: str, known: Mapping[str, Module]) -> Module:
    """The module, its names looked up in the program modules ``known`` so far; Refused if its head is no program's."""
    module = Module(name, file, text, ast.parse(text, file))
    for number, node in enumerate(module.tree.body):
        _at_head(module, node, number, known)
    if module.refusals:
        raise Refused(module.refusals)
    return module


def imported(text: str, parts: tuple[str, ...]) -> Iterator[str]:
    """The program modules from which a text imports: parts, and modules of impl/ that are not the machine's."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module is not None and is_program(at_home(node.module), parts):
            yield at_home(node.module)


def is_program(name: str, parts: tuple[str, ...]) -> bool:
    """Whether a module of that name is a program module."""
    return name in parts or (name.startswith("impl.") and name not in MACHINE and name != ERRORS)


def _at_head(module: Module, node: ast.stmt, number: int, known: Mapping[str, Module]) -> None:
    """One statement at the level of the module."""
    if isinstance(node, ast.ImportFrom):
        _import(module, node, known)
    elif isinstance(node, ast.FunctionDef):
        _bind(module, node, node.name, Kind.FUNCTION)
    elif isinstance(node, ast.ClassDef):
        _class(module, node)
    elif isinstance(node, ast.Assign) and _names_of_all(node):
        return
    elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        _constant(module, node, node.targets[0].id)
    elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        module.refuse(node, f"{ast.unparse(node).splitlines()[0]!r} at the level of the module", "bind a name once")


def _bind(module: Module, node: ast.AST, name: str, kind: Kind) -> None:
    if name in module.names:
        module.refuse(node, f"a second binding of {name}", "bind every name of a module once")
    if name in RESERVED or name.startswith("__"):
        module.refuse(node, f"a binding of {name}", "choose a name that has no meaning yet")
    module.names[name] = kind


def _import(module: Module, node: ast.ImportFrom, known: Mapping[str, Module]) -> None:
    """``from module import names``; what they stand for, if a program may have them."""
    source = at_home(node.module or "")
    for alias in node.names:
        if node.level or alias.name == "*" or alias.asname not in (None, alias.name):
            module.refuse(node, f"`{ast.unparse(node)}`", "import names one by one, by their own names")
            return
        kind = _imported_kind(source, alias.name, known)
        if kind is None:
            module.refuse(node, f"the import of {alias.name} from {source or 'nowhere'}", _instead_of(source))
            continue
        if kind is not Kind.ANNOTATION:
            _bind(module, node, alias.name, kind)
        else:
            module.names[alias.name] = kind
    if source in known:
        module.imports.append(source)


def _instead_of(source: str) -> str:
    """What to write instead of an import that a program may not have."""
    return SAY_ITS_NAME if source.startswith("model.") else "import from impl/"


def _imported_kind(source: str, name: str, known: Mapping[str, Module]) -> Kind | None:
    """What a name of another module stands for; None if a program may not import it."""
    if source in known:
        return known[source].names.get(name)
    if source == ERRORS:
        return Kind.ERROR
    if source in MACHINE:
        if source in ("model.language.annotations", "impl.words", "impl.reach", "impl.layout"):
            return MACHINE[source].get(name)
        return MACHINE[source].get(name, Kind.TYPE)
    return None


# ---------------------------------------------------------------- constants


def _names_of_all(node: ast.Assign) -> bool:
    """``__all__ = [names]``."""
    return [ast.unparse(one) for one in node.targets] == ["__all__"] and is_words(node.value)


def _constant(module: Module, node: ast.Assign, name: str) -> None:
    """A name for a number, a tuple of them, or a type."""
    kind = Kind.TYPE if is_type(node.value, module.names) else Kind.CONSTANT
    if kind is Kind.CONSTANT and not is_constant(node.value, module.names):
        module.refuse(node, f"{name} = {ast.unparse(node.value)}", "a module's names are numbers, tuples and types")
    _bind(module, node, name, kind)


# ---------------------------------------------------------------- classes


def _class(module: Module, node: ast.ClassDef) -> None:
    """A struct or a part of one, a record, or the holder of a subject's state outside memory."""
    kind = _kind_of(module, node)
    names = [base.id for base in node.bases if isinstance(base, ast.Name)]
    if kind is None:
        module.refuse(node, f"a class with the bases {names}", "derive it from Struct, from one class, or from nothing")
        return
    if node.decorator_list and not (kind is Kind.RECORD and _is_dataclass(module, node)):
        module.refuse(node, f"a decorated class {node.name}", "only `@dataclass(frozen=True)` is there")
    declares = _declares(module, node)
    _bind(module, node, node.name, kind)
    own = _members(module, node, kind, declares)
    module.bases |= set(names)
    if kind in OF_STRUCTS:
        module.structs[node.name] = own
    if kind is Kind.PART:
        module.parts[node.name] = node
    _keywords(module, node, declares)


def _kind_of(module: Module, node: ast.ClassDef) -> Kind | None:
    """What kind of a class it is; None if it is derived from what no class of a program may be derived from."""
    bases = [module.names.get(base.id) if isinstance(base, ast.Name) else None for base in node.bases]
    names = [base.id for base in node.bases if isinstance(base, ast.Name)]
    if _declares(module, node):
        return Kind.STRUCT if _has_size(node) else Kind.PART
    if bases == [Kind.STRUCT]:
        return Kind.STRUCT
    if (names == ["NamedTuple"] and bases == [Kind.BASE]) or _is_dataclass(module, node):
        return Kind.RECORD
    if not node.bases or bases == [Kind.HOLDER] or (names == [OF_MACHINES] and bases == [Kind.TYPE]):
        return Kind.HOLDER
    return None


def _declares(module: Module, node: ast.ClassDef) -> bool:
    """Whether a class may declare fields: it is derived from Struct itself, or from a part of a struct."""
    kinds = [(base.id, module.names.get(base.id)) for base in node.bases if isinstance(base, ast.Name)]
    return len(node.bases) == 1 and (kinds == [("Struct", Kind.BASE)] or [kind for _, kind in kinds] == [Kind.PART])


def _has_size(node: ast.ClassDef) -> bool:
    return "size" in [keyword.arg for keyword in node.keywords]


def _is_dataclass(module: Module, node: ast.ClassDef) -> bool:
    written = [ast.unparse(one) for one in node.decorator_list]
    return written == ["dataclass(frozen=True)"] and not node.bases and module.names.get("dataclass") is Kind.BASE


def _keywords(module: Module, node: ast.ClassDef, declares: bool) -> None:
    """``size`` and ``offsets`` of a struct, which are constants; nothing else decides how a class is made."""
    for keyword in node.keywords:
        is_size = keyword.arg == "size" and is_constant(keyword.value, module.names)
        is_offsets = keyword.arg == "offsets" and is_layout(keyword.value, module.names)
        if not (declares and _has_size(node) and (is_size or is_offsets)):
            module.refuse(node, f"the keyword {keyword.arg} of class {node.name}", "only size and offsets are there")
    if getattr(node, "type_params", ()):
        module.refuse(node, f"type parameters of class {node.name}", "leave them out")


def _members(module: Module, node: ast.ClassDef, kind: Kind, declares: bool) -> frozenset[str]:
    """What a class declares; the names of its fields."""
    own: set[str] = set()
    seen: set[str] = set()
    for member in node.body:
        name = _member(module, member, kind, declares)
        if name is None:
            continue
        if name in seen or (kind in OF_STRUCTS and name in OF_EVERY_STRUCT) or _is_dunder(name, kind):
            module.refuse(member, f"a member {name} of class {node.name}", "choose another name")
        seen.add(name)
        if not isinstance(member, ast.FunctionDef):
            own.add(name)
    module.attributes |= seen
    if kind in OF_STRUCTS:
        module.fields |= own
    return frozenset(own)


def _is_dunder(name: str, kind: Kind) -> bool:
    """Whether a member would change what Python does with objects of the class."""
    allowed = {Kind.HOLDER: ("__init__",), Kind.RECORD: ("__call__",)}.get(kind, ())
    return name.startswith("__") and name not in allowed


def _member(module: Module, member: ast.stmt, kind: Kind, declares: bool) -> str | None:
    """The name that a member of a class declares; None for one that declares nothing."""
    if isinstance(member, ast.FunctionDef):
        if kind is Kind.HOLDER and member.name == "__init__":
            module.attributes |= set(held_by(member))
        return member.name
    if isinstance(member, ast.Expr) and isinstance(member.value, ast.Constant):
        return None
    if isinstance(member, ast.Assign) and _are_slots(member, kind):
        module.attributes |= {str(n.value) for n in ast.walk(member.value) if isinstance(n, ast.Constant)}
        return None
    if kind is Kind.RECORD and _is_part(member):
        return ast.unparse(member.target)  # type: ignore[attr-defined]
    if declares and _is_field(module, member):
        return ast.unparse(member.targets[0])  # type: ignore[attr-defined]
    if not isinstance(member, ast.Pass):
        module.refuse(member, f"`{ast.unparse(member).splitlines()[0]}` in a class", "declare fields and functions")
    return None


def _are_slots(member: ast.Assign, kind: Kind) -> bool:
    """``__slots__ = (names)``; a struct has none of its own."""
    if [ast.unparse(target) for target in member.targets] != ["__slots__"] or not is_words(member.value):
        return False
    return kind is Kind.HOLDER or ast.unparse(member.value) == "()"


def held_by(init: ast.FunctionDef) -> Iterator[str]:
    """The attributes that an ``__init__`` sets."""
    for part in ast.walk(init):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            yield part.attr


def _is_part(member: ast.stmt) -> bool:
    """``name: type`` of a record, without a default."""
    written = isinstance(member, ast.AnnAssign) and member.value is None and isinstance(member.target, ast.Name)
    return written and does_nothing(member.annotation)  # type: ignore[attr-defined]


def _is_field(module: Module, member: ast.stmt) -> bool:
    """``name = u64()`` and its like."""
    return (
        isinstance(member, ast.Assign)
        and len(member.targets) == 1
        and isinstance(member.targets[0], ast.Name)
        and isinstance(member.value, ast.Call)
        and not member.value.args
        and not member.value.keywords
        and isinstance(member.value.func, ast.Name)
        and module.names.get(member.value.func.id) is Kind.FIELD
    )


def is_annotation(node: ast.AST) -> bool:
    """Whether a node is a call of ``loop``, ``hold`` or ``advance``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ANNOTATIONS[:3]
