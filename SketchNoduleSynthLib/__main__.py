"""The command line: `python -m SketchNoduleSynthLib synthesize CT RECIPE OUTPUT_FOLDER`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from SketchNoduleSynthLib.command_line.app import add_reading
from SketchNoduleSynthLib.command_line.app import add_to as add_app
from SketchNoduleSynthLib.command_line.cache import add_to as add_cache
from SketchNoduleSynthLib.command_line.case import add_to as add_case
from SketchNoduleSynthLib.command_line.entries import add_to as add_entries
from SketchNoduleSynthLib.command_line.turing import add_to as add_turing
from SketchNoduleSynthLib.errors import InputError

STAGES = ("load", "site", "network", "blend", "report")


def synthesize(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from SketchNoduleSynthLib.ct.volume import Volume
    from SketchNoduleSynthLib.drawing.recipe import Recipe
    from SketchNoduleSynthLib.synthesis.result import PREVIEW_FILE, carry_out, check_output, headings, write

    recipe = Recipe.read(arguments.recipe)
    check_output(arguments.output, arguments.ct)
    total = 2 + len(STAGES) * len(recipe.nodules)
    with tqdm(total=total, disable=not sys.stderr.isatty(), bar_format="{desc:<32} {bar} {n_fmt}/{total_fmt}") as bar:
        bar.set_description("Reading the CT")
        volume = Volume.read(arguments.ct, arguments.series, arguments.straighten)
        bar.update()

        def progress(nodule: int, stage: str) -> None:
            bar.set_description(f"Nodule {nodule + 1}: {stage}")
            bar.update()

        result = carry_out(volume, recipe, progress)
        bar.set_description("Writing")
        write(result, arguments.output)
        bar.update()
    if volume.straightened:
        print(f"The CT was {volume.straightened}.")
    for line, insertion in zip(headings(result.insertions), result.insertions, strict=True):
        print(line)
        for remark in [*insertion.report.notes, *insertion.report.quality.reasons]:
            print(f"   {remark}")
    print(f"Results: {arguments.output}\nPreview: {arguments.output / PREVIEW_FILE}")


def models(arguments: argparse.Namespace) -> None:
    from SketchNoduleSynthLib.models import bundled

    for name, model in bundled().items():
        low, high = model.diameter_mm
        print(f"{name}: {model.preset}, nodules of {low:g} to {high:g} mm, SHA-256 {model.sha256}")
        print(f"   card: {model.card}")
        figures = "; ".join(f"{what} {value}" for what, value in model.figures.items())
        print(f"   figures: {figures or 'not measured with these weights'}")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser("SketchNoduleSynthLib", description="Synthetic lung nodules in a real chest CT.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    make = commands.add_parser("synthesize", help="insert a recipe's nodules into a CT")
    make.add_argument("ct", type=Path, help=".nrrd, .nii(.gz), .mha/.mhd or a folder of DICOM")
    make.add_argument("recipe", type=Path, help="JSON; see docs/recipe.md")
    make.add_argument("output", type=Path, help="folder for the results")
    add_reading(make)
    make.set_defaults(run=synthesize)
    add_app(commands)
    add_entries(commands)
    add_case(commands)
    add_turing(commands)
    commands.add_parser("models", help="list the bundled networks").set_defaults(run=models)
    add_cache(commands)
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; 0, or 2 with one sentence on standard error for bad input, or what else the command says."""
    if not sys.warnoptions:  # Libraries' remarks on ordinary CTs; what matters is said in our own words.
        warnings.simplefilter("ignore")
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
        logging.getLogger("highdicom").setLevel(logging.ERROR)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # A path need not be Unicode.
    arguments = parser().parse_args(words)
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # Whoever reads has read enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        print("Error: There is not enough memory for this CT; close other programs, or crop it.", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"Error: {str(error.filename or 'A file')[:80]} cannot be used: {error.strerror}.", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, SystemExit):  # A server turns the one into the other.
        if "port" in arguments:  # What is served is ended so.
            return 0
        print("Stopped; nothing is half written.", file=sys.stderr)
        return 130
    return code or 0


if __name__ == "__main__":
    sys.exit(main())
