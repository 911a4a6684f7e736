"""What Slicer runs, by --python-script: all tests in their order, JUnit XML, a screenshot each, an exit code.

Whatever happens in between, the JUnit XML is there: a test that Slicer does not survive stands in it as an error.
IN_SLICER_ONLY names the subjects to be tested, with commas between them; else it is all of SUBJECTS.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import time
import traceback
import unittest
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
SUBJECTS = (
    "drawing",
    "table",
    "views",
    "looking",
    "changed_ct",
    "deleting",
    "interrupting",
    "files",
    "modes",
    "panel",
    "log",
)
TEST_LIMIT_S = 300.0
"""A test that takes longer ends Slicer, with exit code 1; where it hung is in hangs.txt."""


class InOrder(unittest.TestLoader):
    """Tests run in the order in which they are written."""

    def getTestCaseNames(self, testCaseClass: type) -> list[str]:
        return [name for name in vars(testCaseClass) if name.startswith(self.testMethodPrefix)]


class Recorded(unittest.TestResult):
    """Keeps every test with its time, outcome and what was measured, and takes a screenshot of it.

    `hangs`: where a test that takes too long, or a crash, leaves the stack; without it a test may take any time.
    """

    def __init__(self, output: Path, hangs: TextIO | None = None) -> None:
        super().__init__()
        self.output, self.hangs = output, hangs
        self.suite = ElementTree.Element("testsuite", name="in_slicer")
        self._began, self._wrong = 0.0, list[tuple[str, str]]()
        if hangs is not None:
            faulthandler.enable(hangs)

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began, self._wrong = time.perf_counter(), []
        subject, _, name = test.id().rpartition(".")
        self._case = ElementTree.SubElement(self.suite, "testcase", name=name, classname=subject)
        self._write("error", "Slicer ended in this test: see slicer.txt and hangs.txt")
        if self.hangs is not None:
            faulthandler.dump_traceback_later(TEST_LIMIT_S, exit=True, file=self.hangs)

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        if self.hangs is not None:
            faulthandler.cancel_dump_traceback_later()

    def addSuccess(self, test: unittest.TestCase) -> None:
        self._end(test)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._end(test, "skipped", reason)

    def addFailure(self, test: unittest.TestCase, error: tuple) -> None:
        super().addFailure(test, error)
        self._end(test, "failure", "".join(traceback.format_exception(*error)))

    def addError(self, test: unittest.TestCase, error: tuple) -> None:
        super().addError(test, error)
        self._end(test, "error", "".join(traceback.format_exception(*error)))

    def _end(self, test: unittest.TestCase, kind: str = "", text: str = "") -> None:
        """The test is done; or it failed, and what follows it may fail too."""
        if not self._wrong:
            self._take_picture(test)
        if kind:
            self._wrong.append((kind, text))
        notes = "; ".join(getattr(test, "measured", []))
        self._write(kind and self._wrong[0][0], "\n".join(text for _, text in self._wrong), notes)
        print(f"{kind or 'passed'}: {test.id()} ({self._case.get('time')} s) {notes}", flush=True)

    def _take_picture(self, test: unittest.TestCase) -> None:
        try:
            test.window.grab().save(str(self.output / f"{self._case.get('name')}.jpg"))
        except Exception as error:  # Of a test that failed before there was a window, or because of it.
            print(f"no screenshot of {test.id()}: {error}", flush=True)

    def _write(self, kind: str, text: str, notes: str = "") -> None:
        """What came of the test takes the place of what the file said of it before."""
        for part in list(self._case):
            self._case.remove(part)
        self._case.set("time", f"{time.perf_counter() - self._began:.2f}")
        if kind:
            ElementTree.SubElement(self._case, kind, message=text.strip().rsplit("\n", 1)[-1]).text = text
        ElementTree.SubElement(self._case, "system-out").text = notes
        tags = [part.tag for case in self.suite for part in case]
        counts = {name: tags.count(tag) for name, tag in (("errors", "error"), ("failures", "failure"))}
        counts |= {"tests": len(self.suite), "skipped": tags.count("skipped")}
        self.suite.attrib |= {name: str(count) for name, count in counts.items()}
        ElementTree.ElementTree(self.suite).write(self.output / "junit.xml", encoding="utf-8", xml_declaration=True)


def run(output: Path, hangs: TextIO | None = None) -> bool:
    """All tests; whether they passed."""
    subjects = [name for name in os.environ.get("IN_SLICER_ONLY", "").split(",") if name] or SUBJECTS
    result = Recorded(output, hangs)
    InOrder().loadTestsFromNames([f"in_slicer.{subject}" for subject in subjects]).run(result)
    return result.testsRun > 0 and result.wasSuccessful()


if __name__ == "__main__":
    import slicer

    passed = False
    try:
        sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]
        folder = Path(os.environ["IN_SLICER_OUTPUT"])
        with (folder / "hangs.txt").open("w") as hung:
            try:
                passed = run(folder, hung)
            finally:
                faulthandler.disable()
    finally:
        slicer.util.exit(0 if passed else 1)
