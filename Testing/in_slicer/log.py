"""Slicer's error log, after all that the other tests did."""

from __future__ import annotations

from in_slicer import user
from in_slicer.session import FORGIVEN, LOGGED_BEFORE, MODULE, InSlicer, wrong_lines


class Log(InSlicer):
    def test_nothing_of_ours_was_ever_in_the_error_log_from_slicers_start_on(self) -> None:
        at_start = [line for line in user.log_lines()[:LOGGED_BEFORE] if MODULE in line]
        after = [line for line in wrong_lines(LOGGED_BEFORE) if line not in FORGIVEN]
        self.assertEqual(at_start + after, [])
