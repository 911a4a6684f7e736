"""The one error that users see."""


class InputError(ValueError):
    """What was given cannot be used; the message is one sentence that says what is wrong and what to do."""


class BrokenModel(InputError):
    """A model is missing, broken or altered: nothing that asks for it can be made."""
