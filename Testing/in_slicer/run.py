"""What Slicer runs, by --python-script: all tests in their order, JUnit XML, a screenshot each, an exit code."""

from __future__ import annotations

import os
import sys
import time
import traceback
import unittest
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]


class Recorded(unittest.TestResult):
    """Keeps every test with its time, outcome and what was measured, and takes a screenshot of it."""

    def __init__(self, output: Path) -> None:
        super().__init__()
        self.output, self.suite, self._began = output, ElementTree.Element("testsuite", name="in_slicer"), 0.0

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began = time.perf_counter()

    def _add(self, test: unittest.TestCase, kind: str = "", text: str = "") -> None:
        name = test.id().rsplit(".", 1)[-1]
        seconds = f"{time.perf_counter() - self._began:.2f}"
        case = ElementTree.SubElement(self.suite, "testcase", name=name, classname="in_slicer", time=seconds)
        if kind:
            ElementTree.SubElement(case, kind, message=text.strip().rsplit("\n", 1)[-1]).text = text
        ElementTree.SubElement(case, "system-out").text = "\n".join(getattr(test, "measured", []))
        print(f"{kind or 'passed'}: {name} ({seconds} s) {'; '.join(getattr(test, 'measured', []))}", flush=True)
        window = test.window() if hasattr(test, "window") else None
        if window is not None:
            window.grab().save(str(self.output / f"{name}.png"))

    def addSuccess(self, test: unittest.TestCase) -> None:
        self._add(test)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._add(test, "skipped", reason)

    def addFailure(self, test: unittest.TestCase, error: tuple) -> None:
        super().addFailure(test, error)
        self._add(test, "failure", "".join(traceback.format_exception(*error)))

    def addError(self, test: unittest.TestCase, error: tuple) -> None:
        super().addError(test, error)
        self._add(test, "error", "".join(traceback.format_exception(*error)))


def run(output: Path) -> bool:
    """All tests; whether they passed."""
    from session import Session

    result = Recorded(output)
    unittest.defaultTestLoader.loadTestsFromTestCase(Session).run(result)
    suite = result.suite
    suite.attrib |= {"tests": str(result.testsRun), "failures": str(len(result.failures))}
    suite.attrib |= {"errors": str(len(result.errors)), "skipped": str(len(result.skipped))}
    ElementTree.ElementTree(suite).write(output / "junit.xml", encoding="utf-8", xml_declaration=True)
    return result.wasSuccessful()


if __name__ == "__main__":
    import slicer

    passed = False
    try:
        passed = run(Path(os.environ["IN_SLICER_OUTPUT"]))
    finally:
        slicer.util.exit(0 if passed else 1)
