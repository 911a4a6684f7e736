"""Nodules at random in a CT: outlines, sizes and attenuations from LIDC, places by a prior, each really made.

What a seed makes depends on the CT, the request and the machine's arithmetic (torch's number of threads is part of
it), never on what the process made before: nodule number k of a case has random numbers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.coverage import NoduleKind
from SketchNoduleSynthLib.generation.difficulty import LEVELS, Difficulty, difficulty
from SketchNoduleSynthLib.generation.lung import Lung, lung_mask
from SketchNoduleSynthLib.generation.outlines import draw_outline, read_outlines
from SketchNoduleSynthLib.generation.positions import Positions, Where
from SketchNoduleSynthLib.generation.regions import Region, region_of
from SketchNoduleSynthLib.json_keys import MAX_SEED, number
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.synthesis.pipeline import Insertion, synthesize

TILT_DEG = 20.0
MOST_PROPOSALS = 100
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
    where: Where = field(default_factory=Where)

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


@dataclass(frozen=True, eq=False)
class PlacedNodule:
    """A nodule that was made, and what a case must know of it."""

    insertion: Insertion
    difficulty: Difficulty
    region: Region

    @property
    def kind(self) -> NoduleKind:
        """What a coverage counts of it; its diameter is the measured one, where it could be measured."""
        recipe = self.insertion.recipe
        diameter_mm = self.insertion.report["long_diameter_mm"] or recipe.voi.diameter_mm
        return NoduleKind(diameter_mm, recipe.attenuation, self.region.side, self.region.third, self.difficulty.level)


def generate(
    volume: Volume,
    count: int,
    seed: int,
    request: Request | None = None,
    *,
    taken: Sequence[Voi] = (),
    lung: Lung | None = None,
    progress: Callable[[int], None] = lambda made: None,
) -> list[PlacedNodule]:
    """Make `count` nodules for `volume`, which is not changed, each on those before it.

    `taken`: where nodules are already, to keep clear of; `lung`: the CT's, where it is known already.
    `progress` is told how many are made; it may raise to cancel. A green quality light is looked for; after MOST_MADE
    tries an amber nodule is taken. Raises :class:`InputError` if the CT has no lung, if fewer nodules fit than asked
    for, or if a model is missing or broken.
    """
    if count < 1 or not 0 <= seed <= MAX_SEED:
        raise InputError(f"{count} nodules with seed {seed} cannot be made; give at least 1, and a seed from 0.")
    request = request or Request()
    for model in request.models or bundled():
        generator(model)  # One that is missing or broken is told before others are made.
    lung = lung or lung_mask(volume)
    positions = Positions(volume, lung, request.where)
    working = volume.with_array(volume.array.copy())
    made: list[PlacedNodule] = []
    for index in range(count):
        progress(index)
        others = [*taken, *(placed.insertion.recipe.voi for placed in made)]
        rng = np.random.default_rng((seed, index))
        placed = _best(volume, working, lung, request, proposals(positions, others, request, rng))
        if placed is None:
            raise InputError(
                f"Only {index} of the {count} nodules fit into this CT's lungs as asked; "
                "ask for fewer, for smaller ones, or for other places or difficulties."
            )
        placed.insertion.apply(working.array)
        made.append(placed)
    progress(count)
    return made


def random_recipe(
    volume: Volume,
    count: int,
    seed: int,
    difficulty: str | None = None,
    taken: Sequence[Voi] = (),
    progress: Callable[[int], None] = lambda made: None,
) -> Recipe:
    """The recipe of `count` nodules, see :func:`generate`, to be made again and edited."""
    placed = generate(volume, count, seed, Request(difficulty), taken=taken, progress=progress)
    return Recipe(tuple(one.insertion.recipe for one in placed))


def proposals(
    positions: Positions, taken: Sequence[Voi], request: Request, rng: np.random.Generator
) -> Iterator[NoduleRecipe]:
    """Nodules as requested, at places that are free; none is made yet."""
    models, sizes_mm = request.models or tuple(bundled()), request.sizes_mm or request.known_mm
    for _ in range(MOST_PROPOSALS):
        outline, diameter = draw_outline(read_outlines(), sizes_mm, request.attenuations, rng)
        lr, hf = np.round(rng.uniform(-TILT_DEG, TILT_DEG, 2), 1).tolist()
        voi = positions.draw(diameter, (lr, hf), taken, rng)
        stroke = outline.stroke(diameter, rng.uniform(0, 360))
        model = models[int(rng.integers(len(models)))]
        if voi is not None:
            yield NoduleRecipe(voi, model, int(rng.integers(MAX_SEED)), outline.attenuation, (stroke,))


def _best(
    volume: Volume, working: Volume, lung: Lung, request: Request, proposed: Iterator[NoduleRecipe]
) -> PlacedNodule | None:
    """The first of the proposed nodules that comes out green and as difficult as requested, or else an amber one."""
    asked = request.difficulty
    amber, made = None, 0
    for recipe in proposed:
        if made == MOST_MADE:
            break
        if asked and not difficulty(volume, recipe, lung).is_near(asked, LEVEL_TOLERANCE):
            continue
        made += 1
        try:
            insertion = synthesize(working, recipe)
        except InputError:  # No room there after all.
            continue
        found = difficulty(volume, insertion, lung)
        if asked not in (None, found.level):
            continue
        placed = PlacedNodule(insertion, found, region_of(lung, recipe.voi.center_lps_mm))
        if insertion.report["quality"]["light"] == "green":
            return placed
        amber = amber or placed
    return amber
