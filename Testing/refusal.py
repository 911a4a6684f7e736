"""How input must be refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from SketchNoduleSynthLib.errors import InputError


@contextmanager
def refused(*words: str) -> Iterator[pytest.ExceptionInfo[InputError]]:
    """What follows must be refused in one sentence that holds all the `words`."""
    with pytest.raises(InputError) as caught:
        yield caught
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and not re.search(r"[.!?]\s+[A-Z]", message), message
    for word in words:
        assert word in message
