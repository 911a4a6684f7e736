"""The FROC curves of all readers as a picture, drawn as LUNA16 draws them: false positives a scan from 1/8 to 8."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from SketchNoduleSynthLib.extras import needed
from SketchNoduleSynthLib.reading.froc import RATES, Froc

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 400


def froc_picture(curves: Mapping[str, Froc]) -> Figure:
    """The curves by the readers' names, with a dot at each of the seven rates; dashed where there are no more marks."""
    module = needed("matplotlib.figure", "cases", "A picture of FROC curves")
    figure: Figure = module.Figure((8, 5), layout="constrained")
    axes = figure.add_subplot(
        xscale="log",
        xlim=(RATES[0], RATES[-1]),
        ylim=(0, 1),
        xlabel="false positives a scan (dashed: no more marks)",
        ylabel="sensitivity",
    )
    axes.set_xticks(RATES, [str(Fraction(rate)) for rate in RATES])
    axes.minorticks_off()
    axes.grid()
    for name, curve in curves.items():
        last = curve.false_per_scan[-1]
        steps = np.union1d(np.geomspace(RATES[0], RATES[-1], STEPS), np.clip(last, RATES[0], RATES[-1]))
        marked, beyond = steps[steps <= last], steps[steps >= last]
        (line,) = axes.plot(marked, curve.at(marked), label=name, clip_on=False)
        axes.plot(beyond, curve.at(beyond), "--", color=line.get_color(), clip_on=False)
        axes.plot(RATES, curve.at(), "o", color=line.get_color(), clip_on=False, zorder=3)
    figure.legend(loc="outside right upper")
    return figure
