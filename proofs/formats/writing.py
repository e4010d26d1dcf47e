"""A command's document in the format that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proofs.formats.case import Case
from proofs.formats.documents import OF
from proofs.formats.github import github
from proofs.formats.junit import junit
from proofs.formats.markdown import markdown
from proofs.formats.sarif import sarif

FORMATS: dict[str, Callable[[str, list[Case]], str]] = {
    "junit": junit,
    "sarif": sarif,
    "github": github,
    "markdown": markdown,
}


def written(command: str, document: Any, format_: str, source: Path | None = None) -> str:
    """The document of ``drystone <command> --format json``, in that format."""
    if format_ == "json":
        return json.dumps(document, indent=2)
    return FORMATS[format_](command, OF[command](document, source))
