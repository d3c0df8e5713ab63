"""Sphinx settings. Built strictly (-W -n): a broken link or reference fails the build."""

import tomllib
from pathlib import Path

_project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]

project = "vzor"
author = "The vzor maintainers"
project_copyright = "The vzor maintainers, Apache-2.0"
release = version = _project["version"]

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3

html_theme = "alabaster"
html_title = f"vzor {release}"
html_theme_options = {"description": "Convolutional networks as tables", "page_width": "1040px"}
# Nothing is fetched from elsewhere when a page is read.
html_use_opensearch = ""
