"""When a view is drawn for the page."""

from __future__ import annotations

import asyncio
import math

from trame_slicer.views import ScheduledRenderStrategy


class Rendering(ScheduledRenderStrategy):
    """Draws as `at_once` does, or `delay_s` later, or never (infinite); what waits comes with what does not."""

    def __init__(self, at_once: ScheduledRenderStrategy) -> None:
        super().__init__()
        self.delay_s = 0.0
        self._at_once = at_once
        self._waiting: asyncio.TimerHandle | None = None

    def schedule_render(self) -> None:
        if not self.delay_s:
            self._draw()
        elif self._waiting is None and math.isfinite(self.delay_s):
            self._waiting = asyncio.get_running_loop().call_later(self.delay_s, self._draw)

    def _draw(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        self._at_once.schedule_render()
