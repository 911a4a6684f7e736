"""The insertion test's figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS

Rows = Mapping[str, dict[str, Any]]


def printed(rows: Rows) -> str:
    """A line an inserter; `rows` has one named real."""
    lines = [
        "| inserter | nodules | FID | KID × 1000 | AUC by image | AUC by nodule | noise, of real | edge, mm "
        f"| diameter, of asked | core HU {' / '.join(ATTENUATIONS)} |",
        "| --- " * 10 + "|",
    ]
    noise = rows["real"]["noise_hu"]
    for name, row in rows.items():
        scores = ["–"] * 4
        if "fid" in row:
            scores = [f"{row['fid']:.1f}", f"{row['kid']:.1f} ± {row['kid_spread']:.1f}"]
            scores += [f"{row['auc_image']:.2f}", f"{row['auc_nodule']:.2f}"]
        density = " / ".join(str(row["core_hu"].get(kind, "–")) for kind in ATTENUATIONS)
        tail = [f"{row['noise_hu'] / noise:.2f}", f"{row['edge_mm']:.2f}", f"{row['diameter_ratio']:.2f}", density]
        lines.append("| " + " | ".join([name, str(row["sites"]), *scores, *tail]) + " |")
    return "\n".join(lines)


def features_printed(rows: Rows) -> str:
    """A line a plain feature: of the real nodules median and 10 to 90%, of the others AUC first; 0.5 is ideal."""
    lines = ["| " + " | ".join(["feature", *rows]) + " |", "| --- " * (len(rows) + 1) + "|"]
    for feature in next(iter(rows.values()))["features"]:
        cells = [feature.replace("_", " ")]
        for name, row in rows.items():
            found = row["features"].get(feature)
            auc = "" if name == "real" or not found else f"**{found['auc']:.2f}** "
            cells.append(f"{auc}{found['median']:.3g} ({found['low']:.3g} … {found['high']:.3g})" if found else "–")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
