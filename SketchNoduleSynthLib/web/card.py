"""A model's card as the page shows it: what it makes well, what badly, of what data; the engineer's part is folded."""

from __future__ import annotations

from markdown import markdown

FOLDED = "Network and training"
"""The heading of the first section that is not for radiologists."""


def shown(card: str) -> str:
    """`card`, Markdown, as HTML."""
    above, _, below = card.partition(f"\n## {FOLDED}\n")
    said, figures = (markdown(part, extensions=["tables"]) for part in (above, below))
    return f"{said}<details><summary>{FOLDED}, figures</summary>{figures}</details>"
