"""The result of a Visual Turing Test, from the answer sheets and the key: as figures and as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.turing.scores import agreement, found_out, score
from SketchNoduleSynthLib.turing.sheets import read_key, read_sheet, sheets_at


def scored(answers: Sequence[Path], key_path: Path) -> dict[str, Any]:
    """The figures of every reader and of their agreement; `answers`: answer sheets, or folders of them."""
    key = read_key(key_path)
    answers = sheets_at(answers)
    sheets = {path.stem if len({p.stem for p in answers}) == len(answers) else str(path): path for path in answers}
    if len(sheets) < len(answers):
        raise InputError("The same answer sheet is given twice.")
    read = {name: read_sheet(path, key) for name, path in sheets.items()}
    return {
        "readers": {
            name: score(sheet.synthetic, key.synthetic, sheet.confidence)
            | {"called_synthetic_by_model": found_out(sheet.synthetic, key.synthetic, key.models)}
            for name, sheet in read.items()
        },
        "agreement": agreement({name: sheet.synthetic for name, sheet in read.items()}),
    }


def share(figure: dict[str, Any]) -> str:
    if figure["rate"] is None:
        return "none"
    low, high = figure["interval_95"]
    return f"{figure['rate']:.2f} ({low:.2f} to {high:.2f}), {figure['count']} of {figure['of']}"


def report(figures: dict[str, Any]) -> str:
    lines = [
        "Shares and kappa with 95% confidence intervals (Wilson; Fleiss, Cohen and Everitt); positive is synthetic."
    ]
    for name, reader in figures["readers"].items():
        (real_real, real_synthetic), (synthetic_real, synthetic_synthetic) = reader["confusion"]
        lines += [
            f"\n{name}, {reader['patches']} patches",
            f"  {'':<24}{'called real':>14}{'called synthetic':>18}",
            f"  {'real':<24}{real_real:>14}{real_synthetic:>18}",
            f"  {'synthetic':<24}{synthetic_real:>14}{synthetic_synthetic:>18}",
            *(f"  {key:<24}{share(reader[key])}" for key in ("accuracy", "sensitivity", "specificity")),
            f"  {'against guessing':<24}p = {reader['p_chance']:.3g} (binomial test, two-sided)",
            f"  {'kappa with the truth':<24}{kappa(reader['kappa'])}",
        ]
        if "auc" in reader:
            lines.append(f"  {'AUC by confidence':<24}{reader['auc']:.2f}")
        lines += [f"  {f'{model} found out':<24}{share(f)}" for model, f in reader["called_synthetic_by_model"].items()]
    for names, pair in figures["agreement"].items():
        lines.append(f"\n{names}: kappa {kappa(pair['kappa'])}, agreement {share(pair['agreement'])}")
    return "\n".join(lines)


def kappa(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "not defined (one answer throughout)"
    low, high = figure["interval_95"]
    return f"{figure['value']:.2f} ({low:.2f} to {high:.2f})"
