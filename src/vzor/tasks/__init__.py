"""Tasks: one folder each; `index` lists them as strings. A task never imports another task."""
