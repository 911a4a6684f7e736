"""A model's card as the page shows it: first what it makes of what, and its limits; the engineer's figures below."""

from __future__ import annotations

from markdown import markdown

TABLES = ["tables"]


def shown(card: str) -> str:
    """`card`, Markdown, as HTML in that order."""
    head, *sections = card.split("\n## ")
    points = [line for line in head.splitlines() if line.startswith("- ")]
    said = "\n".join(line for line in head.splitlines() if line not in points)
    data = [point for point in points if point.startswith("- **Data**")]
    first = [section for section in sections if section.startswith("Limits")]
    above = "\n\n".join([said, *("## " + section for section in first), "## Data", *data])
    below = "\n".join([*(point for point in points if point not in data), ""])
    below += "\n\n".join("## " + section for section in sections if section not in first)
    figures = markdown(below, extensions=TABLES)
    words = "Network, training and figures"
    return f"{markdown(above, extensions=TABLES)}<details><summary>{words}</summary>{figures}</details>"
