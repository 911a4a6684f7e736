"""What a user can do and set, as a panel, a page and the keyboard need it: one table for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Generic, TypeVar

from SketchNoduleSynthLib.errors import InputError, with_minus
from SketchNoduleSynthLib.mrml.controller import Controller

C = TypeVar("C", bound=Controller)
KEY_NAMES = {"Delete": "Del"}
"""What stands on a button for a key; others stand there as they are."""
ESC_LAYS_DOWN = "Esc lays it down"
"""Of a tool: its own button and key keep it in the hand."""


def always(controller: Controller) -> bool:
    return True


@dataclass(frozen=True)
class Action(Generic[C]):
    """A button or a key.

    `keys_too`: those that others know it by, such as Ctrl+Z, beside the `key` that stands on the button.
    `do` is called with the controller, `do_with` also with a path: of a file that ends as one of `files`, or of a
    folder, which may be still to be made if it `is_new`; `asks` is what the user is asked for. Without either the front
    itself acts. `is_on`: of a button that stays down. `words_now` and `hint_now`: of words that change. `question`:
    asked before it is done.
    """

    id: str
    words: str
    hint: str = ""
    do: Callable[[C], object] | None = None
    key: str = ""
    enabled: Callable[[C], bool] = always
    is_on: Callable[[C], bool] | None = None
    words_now: Callable[[C], str] | None = None
    hint_now: Callable[[C], str] | None = None
    question: str = ""
    do_with: Callable[[C, Path], object] | None = None
    asks: str = ""
    files: tuple[str, ...] = ()
    keys_too: tuple[str, ...] = ()
    is_new: bool = False

    def text(self, controller: C | None = None) -> str:
        words = self.words_now(controller) if self.words_now and controller else self.words
        return f"{words} ({KEY_NAMES.get(self.key, self.key)})" if self.key else words


@dataclass(frozen=True)
class Value(Generic[C]):
    """A slider, a field, a choice or a check box.

    `default` is what is shown while there is no controller, and says the type. `limits`: least, most and step of a
    number, `limits_now`: least and most where they change, `unit`: what stands behind it.
    """

    id: str
    words: str
    hint: str
    default: Any
    get: Callable[[C], Any]
    set: Callable[[C, Any], object]
    enabled: Callable[[C], bool] = always
    choices: tuple[str, ...] = ()
    limits: tuple[float, float, float] = (0, 0, 0)
    limits_now: Callable[[C], tuple[float, float]] | None = None
    unit: str = ""

    def shown(self, controller: C) -> Any:
        """Its value as a field has room for it: numbers with a decimal, or with those of the step."""
        value = self.get(controller)
        decimals = max(1, len(f"{self.limits[2]:g}".partition(".")[2]))
        return round(value, decimals) if isinstance(value, float) else value

    def change(self, controller: C, value: Any) -> None:
        """Set what the user put in, unless that is what is shown already.

        Raises :class:`InputError` for what is no number, or beyond the limits.
        """
        try:
            value = type(self.default)(value)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"{self.name}: {value!r} is no number; type one.") from None
        if value == self.shown(controller):
            return
        low, high = self.limits_now(controller) if self.limits_now else self.limits[:2]
        if low < high and not low <= value <= high:
            known = f"{low:g} to {high:g} {self.unit}".rstrip()
            raise InputError(with_minus(f"{self.name}: give {known}, not {value:g}."))
        self.set(controller, value)

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.words.rstrip(":") or self.hint


class Table(Generic[C]):
    """All that can be done to a controller."""

    def __init__(self, *entries: Action[C] | Value[C]) -> None:
        self.entries = entries
        self.by_id = {entry.id: entry for entry in entries}
        self.actions = [entry for entry in entries if isinstance(entry, Action)]
        self.values = [entry for entry in entries if isinstance(entry, Value)]
        self.keys = {key: action for action in self.actions for key in (action.key, *action.keys_too) if key}

    def action(self, id: str) -> Action[C]:
        return next(action for action in self.actions if action.id == id)

    def value(self, id: str) -> Value[C]:
        return next(value for value in self.values if value.id == id)


def attribute(id: str, words: str, hint: str, default: Any, name: str = "", **more: Any) -> Value[Any]:
    """The controller's attribute of that name; `name`: where the id is another one."""
    name = name or id
    return Value(id, words, hint, default, attrgetter(name), lambda c, value: setattr(c, name, value), **more)
