"""Builds the reading edition: the notebooks as they are stored, nothing executed.

`make book` calls Sphinx with this file; the pages need no network and no server.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where pages.py and mathml.py lie

project = "AlexNet, claim by claim"
html_title = project
language = "en"
smartquotes = False
root_doc = "book/index"
include_patterns = [
    "book/*.md",
    "notebooks/*.ipynb",
    "notebooks/README.md",
    "notebooks/solutions/*.ipynb",
    "README.md",
    "CONTRIBUTING.md",
]
exclude_patterns = [".*", "alexnet_lib", "build", "dist", "results", "runs", "tests"]

extensions = ["myst_nb", "mathml", "pages"]
nitpicky = True
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "gfm"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
highlight_language = "text"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_extra_path = ["front"]
html_math_renderer = "mathml"
html_copy_source = False
html_use_index = False
html_show_sourcelink = False
html_show_copyright = False
