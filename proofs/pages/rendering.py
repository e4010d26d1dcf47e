"""Renders a page: a template of a package, in the common style, with nothing that a browser must fetch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent


def rendered(template: Path, **values: Any) -> str:
    """The page that ``template`` makes of the values; all of them are escaped but SVG and other Markup.

    The template may extend base.html.j2; a name that it uses and nobody gave is an error.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((HERE / "style.css").read_text())
    return environment.get_template(template.name).render(style=style, **values)
