"""The one error that users see."""

import re


def printable(text: str) -> str:
    """The same; bytes of a file's name that are not Unicode as escapes, which every stream, page and JSON takes."""
    return text.encode(errors="backslashreplace").decode()


class InputError(ValueError):
    """What was given cannot be used; the message is one sentence that says what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class BrokenModel(InputError):
    """A model is missing, broken or altered: nothing that asks for it can be made."""


def with_minus(sentence: str) -> str:
    """`sentence` with a true minus, which is no hyphen, before its negative numbers."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", sentence)
