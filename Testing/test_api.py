"""What the library offers to scripts says what it takes, in numpydoc's form."""

from __future__ import annotations

import inspect
import re

import pytest

import SketchNoduleSynthLib
from SketchNoduleSynthLib import Frame, Volume
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis.result import carry_out, write

EXPORTED = [getattr(SketchNoduleSynthLib, name) for name in SketchNoduleSynthLib.__all__]
WITH_PARAMETERS = [one for one in EXPORTED if not issubclass(type(one), type) or not issubclass(one, Exception)]
OTHERS = [Voi, carry_out, write, Volume.of, Volume.read, Volume.write, Frame.of_voi, Frame.sample]


@pytest.mark.parametrize("offered", [*WITH_PARAMETERS, *OTHERS], ids=lambda one: one.__qualname__)
def test_every_parameter_is_told(offered: object) -> None:
    text = next(cls.__doc__ for cls in getattr(offered, "__mro__", [offered]) if "Parameters\n" in (cls.__doc__ or ""))
    told = re.split(r"\n *(?:Raises|Returns)\n *-+\n", text.partition("----------\n")[2])[0]
    names = set(inspect.signature(offered).parameters) - {"self", "cls"}  # type: ignore[arg-type]
    assert names and not [name for name in names if not re.search(rf"(^|, ) *{name}\b", told, re.MULTILINE)]
