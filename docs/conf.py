"""Sphinx builds these pages: ``make docs``, or ``sphinx-build -W -n docs build/docs``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "fcgen"
author = "the authors of fcgen"
project_copyright = "the authors of fcgen; Apache-2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "verbs"]
exclude_patterns = ["README.md"]
source_suffix = {".md": "markdown"}

# Links to headings are written as on GitHub, and are checked.
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # the docstrings have the types
napoleon_google_docstring = False
# Docstrings name types in words, as NumPy's do; only roles that are written out are links.
nitpick_ignore_regex = [("py:.*", ".*")]

html_theme = "furo"
html_title = "fcgen"
html_copy_source = False
html_show_sphinx = False
