"""The page as one file of HTML: styles, script and pictures are in it, and it asks nobody for anything.

All text is escaped; only pictures that this tool drew itself are taken as they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from proofs.maps import svg
from proofs.page.contents import Page, data_of

FOLDER = Path(__file__).parent
FILE = "index.html"


def written(page: Page, folder: Path) -> Path:
    """Write the page into a folder, which is made if need be; its file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    file.write_text(html(page), encoding="utf-8")
    return file


def html(page: Page) -> str:
    """The text of the page."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["picture"] = Markup
    environment.filters["units"] = units
    return environment.get_template("page.html.jinja").render(
        page=page,
        style=Markup((FOLDER / "page.css").read_text() + svg.SHAPES),
        script=Markup((FOLDER / "page.js").read_text()),
        data=Markup(as_script(data_of(page))),
    )


def as_script(data: Any) -> str:
    """JSON that may stand within a script element, whatever names are in it."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def units(number: int) -> str:
    """A large number, shortly: 12,345,678 as 12.3 M."""
    for size, word in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.3g} {word}"
    return str(number)
