"""What axe-core finds on a page: all that someone who does not see it, or sees it badly, cannot use."""

from __future__ import annotations

from typing import Any

SERIOUS = ("serious", "critical")


def serious_findings(page: Any) -> list[str]:
    """A line each: the rule, and the element that breaks it."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:160]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
        if violation["impact"] in SERIOUS
    ]
