"""How Sphinx builds the documentation: `make docs`."""

import importlib.metadata
import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "zuora-journal-runs"
author = "the zuora-journal-runs authors"
project_copyright = author
version = release = importlib.metadata.version(project)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "generated_reference",
]
exclude_patterns = ["_ext"]
nitpicky = False

html_theme = "furo"
html_title = "zuora-journal-runs"
html_static_path = ["_static"]
html_show_sourcelink = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Docstrings have single backticks around code, as Markdown does.
default_role = "code"
# Two classes are called Clock, the client's and the emulator's; a short annotation may mean either.
suppress_warnings = ["ref.python"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False
python_maximum_signature_line_length = 88


def keep_colons(_app: Sphinx, what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """Keep napoleon from reading the first words of an attribute's docstring as its type, where a colon follows."""
    if what in ("attribute", "data", "property"):
        lines[:0] = ["..", ""]  # an empty comment


def setup(app: Sphinx) -> None:
    """Register the above, ahead of napoleon."""
    app.connect("autodoc-process-docstring", keep_colons, priority=100)
