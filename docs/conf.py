"""The documentation site. Its source root is the checkout, so that links to README.md, data/, models/ ... lead somewhere."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_ext"), str(ROOT)]

from ranker import __version__  # noqa: E402 - found by the line above

project = "ranker"
author = "The ranker developers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "ranker_docs"]
root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "README.md",
    "CHANGELOG.md",
    "benchmarks/README.md",
    "benchmarks/*/README.md",
    "data/README.md",
    "data/newsroom/README.md",
    "models/README.md",
    "notebooks/README.md",
]
exclude_patterns = [".*", "docs/_build", "docs/_ext", "build", "dist", "ranker", "tests", "data/newsroom/articles", "data/newsroom/broken"]

# Markdown as GitHub reads it: headings are anchors by GitHub's rule, nothing of MyST's own is switched on.
myst_heading_anchors = 4
myst_enable_extensions: list[str] = []
smartquotes = False  # they would make one dash of the two in `--limit`

# Python: signatures as written, types as text; only names of this documentation are links.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
add_module_names = False
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!ranker\b).*")]  # the standard library, numpy, msgspec: no inventory is fetched for them

html_theme = "furo"
html_title = f"ranker {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
html_last_updated_fmt = None
copybutton_exclude = ".linenos, .gp, .go"
linkcheck_anchors = True
linkcheck_timeout = 20
linkcheck_ignore = [r"http://127\.0\.0\.1.*", r"https?://[^/]*\.example\b.*", r"https?://(desk|www)\.example\.(org|com).*"]
