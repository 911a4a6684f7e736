"""The papers' systems by name, in the order in which they are trained."""

from __future__ import annotations

from SketchNoduleSynthLib.errors import InputError
from training.papers.dcgan import DCGAN, WGAN
from training.papers.dense_unet import DenseExtraction
from training.papers.infogan import InfoGAN
from training.papers.layered import Layered
from training.papers.munit import MUNIT
from training.papers.pggan import CPGGAN, PGGAN
from training.papers.simgan import SimGAN
from training.papers.sketch2medi import Sketch2MedI
from training.papers.skrgan import SkrGAN, SkrGANDraft
from training.papers.system import System

ALL: tuple[type[System], ...] = (
    DCGAN, Sketch2MedI, SkrGAN, Layered, DenseExtraction, WGAN, InfoGAN, PGGAN, SimGAN, MUNIT, CPGGAN, SkrGANDraft,
)  # fmt: skip
SYSTEMS = {system.name: system for system in ALL}


def systems_of(words: str) -> list[type[System]]:
    """The systems that `words` names, with commas, or `all`, each after the one that it refines.

    Raises :class:`InputError` for a name that none has.
    """
    names = list(SYSTEMS) if words == "all" else [word for word in words.split(",") if word]
    if unknown := [name for name in names if name not in SYSTEMS]:
        raise InputError(f"There is no system {unknown[0]!r}; give all, or some of {', '.join(SYSTEMS)}.")
    needed = {SYSTEMS[name].base for name in names} | set(names)
    return [system for system in ALL if system.name in needed]
