"""One thread for the networks, the user's for everything else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.synthesis.stages import Progress

T = TypeVar("T")
PATIENCE_S = 0.01


@dataclass
class Task(Generic[T]):
    """What is to be done, and what then: `done` and `failed` (a sentence) are called by :meth:`Worker.pump`."""

    name: str
    work: Callable[[Progress], T]
    done: Callable[[T], None]
    failed: Callable[[str], None]
    is_live: bool = False
    is_cancelled: bool = False
    stage: str = ""

    @property
    def words(self) -> str:
        return f"{self.name}: {self.stage}" if self.stage else self.name

    def progress(self, stage: str) -> None:
        if self.is_cancelled:
            raise CancelledError
        self.stage = stage


class Worker:
    """Does tasks one after the other on a thread of its own.

    A live task (a preview) that waits is dropped for the next one: results are never behind by more than one. The
    host calls :meth:`pump` on its own thread, whenever :attr:`reported` tells or some 50 times a second while
    :attr:`is_busy`.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="SketchNoduleSynth")
        self._waiting: list[Task[Any]] = []
        self._running: tuple[Task[Any], Future[Any]] | None = None
        self.submitted: Signal[[]] = Signal()
        """There is something to pump."""
        self.reported: Signal[[]] = Signal()
        """A task has come to another stage, or to its end; told on the worker's thread."""
        self._is_pumping = False

    @property
    def is_busy(self) -> bool:
        return self._running is not None or bool(self._waiting)

    @property
    def task(self) -> Task[Any] | None:
        """The task that the user waits for: the one that runs, or else waits, and is not live."""
        running = [self._running[0]] if self._running else []
        return next((task for task in (*running, *self._waiting) if not task.is_live), None)

    def check_idle(self) -> None:
        """Raise :class:`InputError` while the user waits for a task."""
        if self.task is not None:
            raise InputError(f"{self.task.name} is still going on; wait for it, or cancel it.")

    def submit(self, task: Task[Any]) -> None:
        """Do `task` after those that wait; a live one at once takes the place of the live one that waits."""
        if task.is_live:
            self._waiting = [waiting for waiting in self._waiting if not waiting.is_live]
        self._waiting.append(task)
        self._begin()
        self.submitted.emit()

    def cancel(self) -> None:
        """Stop all tasks, the running one at its next stage; nothing of them is done or reported."""
        self._waiting = []
        if self._running is not None:
            self._running[0].is_cancelled = True

    def pump(self, patience_s: float = PATIENCE_S) -> None:
        """Hand over what is finished, on the caller's thread; does nothing within itself.

        It waits for `patience_s`, so that the worker gets Python's lock: Slicer's event loop does not let go of it.
        """
        if self._running is None or self._is_pumping:
            return
        task, future = self._running
        if not wait([future], patience_s).done:
            return
        self._running, self._is_pumping = None, True
        try:
            self._begin()
            if not task.is_cancelled:
                self._hand_over(task, future)
        finally:
            self._is_pumping = False

    def close(self) -> None:
        self.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> None:
        if self._running is None and self._waiting:
            task = self._waiting.pop(0)

            def progress(stage: str) -> None:
                task.progress(stage)
                self.reported.emit()

            self._running = task, self._thread.submit(task.work, progress)
            self._running[1].add_done_callback(lambda _future: self.reported.emit())

    @staticmethod
    def _hand_over(task: Task[Any], future: Future[Any]) -> None:
        error = future.exception()
        if error is None:
            try:
                task.done(future.result())
            except InputError as refused:
                task.failed(str(refused))
        elif isinstance(error, InputError):
            task.failed(str(error))
        elif isinstance(error, MemoryError):
            task.failed(f"{task.name}: there is not enough memory; close other programs and try again.")
        elif isinstance(error, ImportError):
            task.failed(f"{task.name}: {error.name or error} is missing; install what the panel asks for.")
        elif not isinstance(error, CancelledError):
            task.failed(f"{task.name} failed by an error of this software ({type(error).__name__}: {error}).")
