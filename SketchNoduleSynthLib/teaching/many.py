"""Many cases at once, on all cores or on a cluster: the same cases whatever the number of workers.

Dask's distributed scheduler runs them. Each case depends on the plan and its number alone; one that is already there is
not made again, so that a set which was interrupted goes on where it stopped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.extras import needed
from SketchNoduleSynthLib.files import write_json
from SketchNoduleSynthLib.generation.coverage import cell_of, coverage, plots
from SketchNoduleSynthLib.generation.coverage import write as write_coverage
from SketchNoduleSynthLib.generation.generate import generate
from SketchNoduleSynthLib.reading.truth_table import TABLE_JSON, read_table
from SketchNoduleSynthLib.synthesis.insertion import Make
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.result import of_nodules
from SketchNoduleSynthLib.synthesis.stages import Progress, silent
from SketchNoduleSynthLib.teaching.case import CASE_FILE, TRUTH_FOLDER
from SketchNoduleSynthLib.teaching.make import write_case
from SketchNoduleSynthLib.teaching.plan import PLAN_FILE, Plan, held
from SketchNoduleSynthLib.teaching.source import lung_of, volume_of

SUMMARY_FILE = "summary.json"
SCHEDULER_PATIENCE = "10s"


def make_many(
    plan: Plan,
    folder: Path,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    make: Make = synthesize,
) -> dict[str, Any]:
    """Make the cases of `plan` in `folder`, and a summary with their coverage; what is there already is kept.

    `workers`: processes on this machine, all cores if None; `scheduler`: the address of a Dask scheduler instead, whose
    workers see the same paths; `make`: makes the nodules there. A case that cannot be made is told in the summary, and
    the others are made. Raises :class:`InputError` if none can be made, if `folder` holds something else, if another
    run is at work in it, or if the disk refuses.
    """
    names = plan.names(folder)
    refused: dict[str, str] = {}
    with held(folder):
        missing = [index for index, name in enumerate(names) if not (folder / name / CASE_FILE).exists()]
        progress(len(names) - len(missing), len(names))
        with _client(workers, scheduler) if missing else nullcontext() as client:
            is_new = plan.keep_in(folder)
            for draft in folder.glob(".draft.*"):  # Of a run that was killed.
                shutil.rmtree(draft, ignore_errors=True)
            made = _made(client, plan, missing, folder, make) if missing else ()
            for done, (name, why) in enumerate(made, len(names) - len(missing) + 1):
                if why:
                    refused[name] = why
                progress(done, len(names))
        if len(refused) == len(names):
            if is_new:
                (folder / PLAN_FILE).unlink()
            raise InputError(f"No case could be made; {names[0]}: {refused[names[0]]}")
        return _summary(plan, folder, refused)


def make_one(plan: Plan, index: int, folder: str, make: Make = synthesize) -> str:
    """Make one case in a worker, in `folder`; why it could not be made (empty: it was)."""
    try:
        make_case(plan, index, Path(folder), Path(folder).name, make=make)
    except InputError as error:
        return str(error)
    return ""


def make_case(
    plan: Plan, index: int, folder: Path, case_id: str, tell: Progress = silent, make: Make = synthesize
) -> None:
    """Make the case `index` of a plan in the new `folder`; `tell` hears what is being done.

    Raises :class:`InputError` if it cannot be.
    """
    source = plan.source(index)
    volume = volume_of(source)
    tell("Finding the lungs")
    lung = lung_of(source)
    tell("Making the nodules")
    count, seed = plan.draw(index)
    taken = [Voi(place.center_ras_mm, place.diameter_mm) for place in source.own]
    nodules = generate(volume, count, seed, plan.request, taken=taken, lung=lung, make=make) if count else []
    tell("Writing the case")
    made = of_nodules(volume, nodules)
    write_case(made, folder, case_id, plan.form, source.folder, source.own, source.series)


def _made(client: Any, plan: Plan, indices: Sequence[int], folder: Path, make: Make) -> Iterator[tuple[str, str]]:
    """Make cases; of each, as it is done, its name and why it could not be made (empty: it was)."""
    from distributed import as_completed

    names = plan.names(folder)
    # A worker keeps one CT: handed out in this order, most of what it gets are cases of that.
    futures = {
        client.submit(make_one, plan, index, str(folder.resolve() / names[index]), make, pure=False): names[index]
        for index in plan.by_source(indices)
    }
    for future in as_completed(futures):
        try:
            why = future.result()
        except Exception as error:  # A worker that died, or an error of this software: of this case alone.
            why = f"The worker failed ({type(error).__name__}: {error})."
        yield futures[future], why


@contextmanager
def _client(workers: int | None, scheduler: str | None) -> Iterator[Any]:
    """A client of the scheduler at that address, or of one of our own with so many processes."""
    distributed = needed("distributed", "cases", "Making many cases at once")
    plots()  # Their coverage is drawn at the end: known to be missing now, not after all is made.
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, timeout=SCHEDULER_PATIENCE)
        except (OSError, TimeoutError) as error:
            raise InputError(f"There is no Dask scheduler at {scheduler}; start one, or leave it out.") from error
        with client:
            yield client
        return
    count = os.cpu_count() or 1 if workers is None else workers
    if count < 1:
        raise InputError(f"{count} workers make nothing; give at least 1.")
    # No limit of memory: Dask would kill a worker that holds a large CT twice.
    options = {"memory_limit": 0, "dashboard_address": None, "silence_logs": 50}
    # Its HTTP server runs without a dashboard too: on any free port, where Dask would warn if its own is taken.
    http = {"dashboard_address": "127.0.0.1:0"}
    with (
        distributed.LocalCluster(n_workers=count, threads_per_worker=1, scheduler_kwargs=http, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def _summary(plan: Plan, folder: Path, refused: dict[str, str]) -> dict[str, Any]:
    """Write summary.json and the coverage of all cases that are there."""
    tables = (folder / name / TRUTH_FOLDER / TABLE_JSON for name in plan.names(folder))
    truths = [read_table(table) for table in tables if table.exists()]
    covered = coverage(
        cell_of(n.diameter_mm, n.attenuation, str(n.side), str(n.third), str(n.difficulty_class))
        for truth in truths
        for n in truth.nodules
        if n.side is not None
    )
    write_coverage(covered, folder)
    summary = {
        "cts": len(plan.sources),
        "cases": len(truths),
        "cases_without_nodules": sum(not truth.nodules for truth in truths),
        "nodules": sum(len(truth.nodules) for truth in truths),
        "pathology_coverage_rate": round(covered.rate, 4),
        "coverage_rate_of_pairs": round(covered.rate_of_pairs, 4),
        "refused": dict(sorted(refused.items())),
    }
    write_json(folder / SUMMARY_FILE, summary)
    return summary
