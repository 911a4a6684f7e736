"""A model's figures for readers: the table, the filled card and the main figures that `models` lists."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json, write_text
from SketchNoduleSynthLib.models import CARD, FIGURES
from SketchNoduleSynthLib.synthesis.bundle import WEIGHTS

Rows = list[tuple[str, str, str]]
PAIRED = {
    "psnr_db": "PSNR, dB",
    "ssim": "SSIM",
    "ssim_paper": "SSIM, constants of Toda et al.",
    "ms_ssim": "MS-SSIM",
    "lpips": "LPIPS (AlexNet)",
    "dists": "DISTS",
}


def table(figures: dict[str, Any]) -> str:
    """All figures as a Markdown table: what, synthetic, real."""
    lines = ["| figure | synthetic | real |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {name} | {synthetic} | {real} |" for name, synthetic, real in rows(figures)])


def rows(figures: dict[str, Any]) -> Rows:
    sets = figures["three_planes"]
    asked = figures["core_hu_by_asked_attenuation"]
    power, continuity = figures["noise_power"], figures["continuity_median"]
    head = f"nodules made again ({figures['drawings']} drawings); refused"
    found: Rows = [
        (head, f"{figures['nodules']}; {figures['refused']}", ""),
        *shape_rows(figures),
        ("quality light green", f"{figures['green_share']:.0%}", ""),
        (f"median core HU, {' / '.join(asked)} asked of the same nodules", slashed(asked.values(), "d"), ""),
        ("fine texture, before the blend's noise, of the real one", f"{figures['texture_ratio_median']}", "1"),
    ]
    if power["nodules"]:
        name = f"noise power at {slashed(power['per_mm'], 'g')} per mm, of the real one ({power['nodules']} nodules)"
        found.append((name, slashed(power["of_real"]), "1"))
    if continuity:
        name = "change from slice to slice over that within"
        found.append((name, f"{continuity['synthetic']}", f"{continuity['real']}"))
    for key, label in PAIRED.items():
        figure = figures["sketch_planes"][key]
        found.append((f"sketch plane: {label}", f"{figure['mean']:.3g} ± {figure['sd']:.2g}", ""))
    found += [
        (f"three planes ({sets['images']} images): KID × 1000", plus_minus(sets["kid"]), "0"),
        ("three planes: FID", f"{sets['fid']:.1f}", "0"),
        ("three planes: SWD × 1000", f"{sets['swd']:.1f}", "0"),
        *seed_rows(figures["seeds"], figures["of_real_nodules"]),
    ]
    if "rough_drawings" in figures:
        found += rough_rows(figures["rough_drawings"])
    if "without_drawing" in figures:
        found += [(f"without a drawing: {name}", one, two) for name, one, two in shape_rows(figures["without_drawing"])]
    return found


def shape_rows(figures: dict[str, Any]) -> Rows:
    found: Rows = []
    real, heights = figures["of_real_nodules"], figures["height_per_diameter_10_50_90"]
    if "outline_dice_median" in figures:
        dice = f"{figures['outline_dice_median']:.2f}"
        found.append(("outline Dice, median", dice, f"{real['outline_dice_median']:.2f}"))
    diameter = slashed(figures["long_diameter_ratio_quartiles"])
    found += [
        ("long diameter of the asked, quartiles", diameter, f"{real['long_diameter_ratio_median']:.2f}"),
        ("long diameter within 20% of the asked", f"{figures['long_diameter_within_20_percent']:.0%}", ""),
        ("height of the diameter, 10 / 50 / 90%", slashed(heights["synthetic"]), slashed(heights["real"])),
    ]
    for kind, hu in figures["core_hu_median"].items():
        synthetic = f"{hu['synthetic']} (median bias {hu['bias']:+d})"
        found.append((f"median core HU, {kind} ({hu['nodules']})", synthetic, f"{hu['real']}"))
    return found


def seed_rows(seeds: dict[str, float], real: dict[str, float]) -> Rows:
    """One drawing, many seeds; `real`: nodules as they are."""
    found = {
        "mean LPIPS among them; at the same mean HU": "{lpips:.3f}; {lpips_same_brightness:.3f}",
        "spread of the mean HU; of the pixels at the same mean": "{mean_hu_spread:.0f}; {hu_spread_without_mean:.0f}",
        "outline Dice, median; lowest": "{outline_dice_median:.2f}; {outline_dice_minimum:.2f}",
    }
    name, share = f"one drawing, {seeds['seeds']} seeds", "{outline_dice_at_least_080:.0%}"
    last = (f"{name}: outline Dice of at least 0.80", share.format(**seeds), share.format(**real))
    return [*((f"{name}: {what}", words.format(**seeds), "") for what, words in found.items()), last]


def rough_rows(rough: dict[str, float]) -> Rows:
    found = {
        "KID × 1000 (exact drawings)": "{kid_rough:.1f} ({kid_exact:.1f})",
        "loss on KID": "{loss_percent:.0f}% ± {loss_standard_error:.0f}%",
        "outline Dice, median": "{outline_dice_median:.2f}",
    }
    return [(f"rough outlines alone: {what}", words.format(**rough), "") for what, words in found.items()]


def slashed(values: Iterable[float], style: str = ".2f") -> str:
    return " / ".join(f"{value:{style}}" for value in values)


def plus_minus(figure: dict[str, float]) -> str:
    return f"{figure['mean']:.1f} ± {figure['standard_error']:.1f}"


def main_figures(figures: dict[str, Any]) -> dict[str, str]:
    """What `python -m SketchNoduleSynthLib models` lists."""
    density = figures["core_hu_median"]
    main = {
        "outline Dice": f"{figures['outline_dice_median']:.2f}",
        "long diameter within 20%": f"{figures['long_diameter_within_20_percent']:.0%}",
        f"core HU {' / '.join(density)}": " / ".join(str(hu["synthetic"]) for hu in density.values()),
        "KID × 1000": plus_minus(figures["three_planes"]["kid"]),
        "LPIPS among seeds": f"{figures['seeds']['lpips']:.3f}",
    }
    if "rough_drawings" in figures:
        main["KID loss of rough outlines"] = f"{figures['rough_drawings']['loss_percent']:.0f}%"
    return main


def write_beside_weights(template: str, figures: dict[str, Any], folder: Path) -> Path:
    """Fill `template` ({figures}, {steps}, {parameters}, {megabytes}) into `folder`, figures.json with it."""
    blanks = {
        "figures": table(figures),
        "steps": str(figures["steps"]),
        "parameters": f"{figures['parameters'] / 1e6:.1f} M",
        "megabytes": f"{(folder / WEIGHTS).stat().st_size / 1e6:.1f} MB",
    }
    for name, value in blanks.items():
        template = template.replace("{" + name + "}", value)
    main = {"sha256": figures["sha256"], "nodules": figures["nodules"], "figures": main_figures(figures)}
    write_json(folder / FIGURES, main)
    write_text(folder / CARD, template)
    return folder / CARD


def read_template(path: Path) -> str:
    """A card to be filled in; raises :class:`InputError` if there is none, or it has no place for the figures."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"There is no card to fill in at {path}; training/cards has some.") from error
    if "{figures}" not in text:
        raise InputError(f"{path} has no place for the figures; write {{figures}} there.")
    return text
