"""Nodules at random in a CT: sizes and attenuations from LIDC, outlines like its, places by a prior, each really made.

What a seed makes depends on the CT, the request and the machine's arithmetic, never on what the process made before:
nodule number k of a case has random numbers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, NoduleRecipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import BrokenModel, InputError
from SketchNoduleSynthLib.generation.difficulty import LEVELS, difficulty, is_near
from SketchNoduleSynthLib.generation.lung import Lung, lung_of
from SketchNoduleSynthLib.generation.outlines import draw_outline, read_outlines
from SketchNoduleSynthLib.generation.positions import Location, Positions
from SketchNoduleSynthLib.generation.situation import situation_of
from SketchNoduleSynthLib.generation.suggestion import MARKED, Wishes, suggest
from SketchNoduleSynthLib.json_keys import MAX_SEED, number
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.synthesis.insertion import Insertion, Make
from SketchNoduleSynthLib.synthesis.pipeline import synthesize

TILT_DEG = 20.0
MOST_PROPOSALS = 100
SUGGESTED_SHARE = 0.5
"""So many have a suggested outline, the others one of LIDC's; and all that a reader called spiculated, for readers draw
around spicules; but calcified ones, which are benign and smooth."""
MOST_MADE = 12
"""So many nodules are made, at most, for one that is green; then an amber one is taken."""
LEVEL_TOLERANCE = 0.05
"""A nodule when made is up to so much harder or easier than its recipe lets expect."""


@dataclass(frozen=True)
class Request:
    """What nodules are asked for; the default is what LIDC's are, anywhere clear of pleura and vessels.

    `difficulty`: conspicuous, moderate, subtle, or any; `sizes_mm`: least and greatest long diameter; `attenuations`:
    each as likely, or as in LIDC; `models`: each as likely. Where sizes or models are None, all that there are. Raises
    :class:`InputError` for what does not exist, and for sizes that one of the models does not know.
    """

    difficulty: str | None = None
    sizes_mm: tuple[float, float] | None = None
    attenuations: Sequence[str] | None = None
    models: Sequence[str] | None = None
    location: Location = field(default_factory=Location)

    def __post_init__(self) -> None:
        if self.difficulty not in (None, *LEVELS):
            raise InputError(f"The difficulty {self.difficulty!r} is unknown; use one of {', '.join(LEVELS)}.")
        for what, given, known in (
            ("attenuation", self.attenuations, ATTENUATIONS),
            ("model", self.models, tuple(bundled())),
        ):
            if given is not None and (not given or any(one not in known for one in given)):
                raise InputError(f"{what}s must be some of {', '.join(known)}, not {', '.join(given) or 'none'}.")
        sizes = [number(size, "sizes_mm", *self.known_mm) for size in self.sizes_mm or self.known_mm]
        if len(sizes) != 2 or sizes[0] > sizes[1]:
            raise InputError(f"sizes_mm must be the least and the greatest long diameter, not {sizes}.")

    @property
    def known_mm(self) -> tuple[float, float]:
        """The long diameters that every one of its models knows."""
        lows, highs = zip(*(bundled()[model].diameter_mm for model in self.models or bundled()), strict=True)
        return max(lows), min(highs)


def generate(
    volume: Volume,
    count: int,
    seed: int,
    request: Request | None = None,
    *,
    taken: Sequence[Voi] = (),
    there: Sequence[Insertion] = (),
    lung: Lung | None = None,
    progress: Callable[[int], None] = lambda made: None,
    make: Make = synthesize,
) -> list[Insertion]:
    """Make `count` nodules for `volume`, which is not changed, each on those before it and on those that are `there`.

    `taken`: where nodules are already, to keep clear of; `lung`: the CT's, where it is known already.
    `progress` is told how many are made; it may raise to cancel. A green quality light is looked for; after MOST_MADE
    tries an amber nodule is taken. Raises :class:`InputError` if the CT has no lung, if fewer nodules fit than asked
    for, or if a model is missing or broken.
    """
    if count < 1 or not 0 <= seed <= MAX_SEED:
        raise InputError(f"{count} nodules with seed {seed} cannot be made; give at least 1, and a seed from 0.")
    request = request or Request()
    lung = lung or lung_of(volume)
    positions = Positions(volume, lung, request.location)
    working = volume.with_array(volume.array.copy())
    for one in there:
        one.apply(working.array)
    made: list[Insertion] = []
    for index in range(count):
        progress(index)
        others = [*taken, *(one.recipe.voi for one in made)]
        proposed = proposals(positions, others, request, np.random.default_rng((seed, index)))
        best = _best(volume, working, lung, request.difficulty, proposed, make)
        if best is None:
            raise InputError(
                f"Only {index} of the {count} nodules fit into this CT's lungs as asked; "
                "ask for fewer, for smaller ones, or for other places or difficulties."
            )
        best.apply(working.array)
        made.append(best)
    progress(count)
    return made


def proposals(
    positions: Positions, taken: Sequence[Voi], request: Request, rng: np.random.Generator
) -> Iterator[NoduleRecipe]:
    models, sizes_mm = request.models or tuple(bundled()), request.sizes_mm or request.known_mm
    for _ in range(MOST_PROPOSALS):
        outline, diameter = draw_outline(read_outlines(), sizes_mm, request.attenuations, rng)
        lr, hf = np.round(rng.uniform(-TILT_DEG, TILT_DEG, 2), 1).tolist()
        voi = positions.draw(diameter, (lr, hf), taken, rng)
        stroke = outline.stroke(diameter, rng.uniform(0, 360))
        model = models[int(rng.integers(len(models)))]
        is_spiculated = outline.ratings[1] >= MARKED and outline.attenuation != "calcified"
        if rng.random() < SUGGESTED_SHARE or is_spiculated:
            (stroke,) = suggest(diameter, outline.attenuation, rng, Wishes(spicules=is_spiculated))
        if voi is not None:
            yield NoduleRecipe(voi, model, int(rng.integers(MAX_SEED)), outline.attenuation, (stroke,))


def _best(
    volume: Volume, working: Volume, lung: Lung, level: str | None, proposed: Iterator[NoduleRecipe], make: Make
) -> Insertion | None:
    """The first of the proposed nodules that comes out green and as difficult as asked, or else an amber one."""
    amber, made = None, 0
    for recipe in proposed:
        if made == MOST_MADE:
            break
        if level and not is_near(difficulty(volume, recipe, lung), level, LEVEL_TOLERANCE):
            continue
        made += 1
        try:
            insertion = make(working, recipe)
        except BrokenModel:
            raise
        except InputError:  # No room there after all.
            continue
        situation = situation_of(insertion, volume, lung)
        if level not in (None, situation.difficulty_class):
            continue
        insertion = replace(insertion, situation=situation)
        if insertion.report.quality.light == "green":
            return insertion
        amber = amber or insertion
    return amber
