"""The handbook's pages as the tests read them: code blocks, with what a comment before them says, links and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md")),
    ROOT / "training" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"^(?: *<!-- ([^>]*) -->\n)? *```(\S*)\n(.*?)^ *```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A code block of a page; `reason`: the comment before it, which says why it does not run as it stands."""

    page: Path
    language: str
    text: str
    reason: str

    @property
    def commands(self) -> list[str]:
        """The commands of a console block, without what a comment says beside them."""
        lines = (re.sub(r"\s+#.*", "", line).strip() for line in self.text.splitlines())
        return [line for line in lines if line]

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.strip().splitlines()[0][:50]}"


def blocks(page: Path) -> Iterator[Block]:
    for reason, language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if not language.startswith("{"):  # Those of the generator are run by make docs.
            yield Block(page, language, text, reason)


def anchors(page: Path) -> set[str]:
    """As GitHub and the generator make them of headings."""
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    words = (re.sub(r"[^\w\- ]", "", heading).strip() for heading in re.findall(r"^#+ (.+)$", prose, re.M))
    return {heading.lower().replace(" ", "-") for heading in words}
