"""The page's controls, made of a table's entries: their state is in `enabled`, `on`, `words`, `hints` and `limits`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trame.widgets import html, vuetify3

from SketchNoduleSynthLib.mrml.action import Action, Value
from SketchNoduleSynthLib.web.widgets import RowAt


def act(name: str, *arguments: str) -> str:
    """The script that does the action of that id; `arguments` are script too."""
    return f"doing(() => trigger('act', [{', '.join([repr(name), *arguments])}]))"


def spoken(text: str) -> dict[str, list[str]]:
    """What a screen reader says of an element; the framework drops such attributes unless they are given raw."""
    return {"raw_attrs": [f'aria-label="{text}"']}


def button(text: str, click: str, **attributes: Any) -> Any:
    return vuetify3.VBtn(text, click=click, size="small", variant="tonal", **attributes)


def action_button(action: Action, click: str = "", ink: Sequence[float] = (), **attributes: Any) -> Any:
    """The button of `action`; `click`: a script instead of it; `ink` (RGB, 0 to 1): a mark before its words."""
    text = f"{{{{ words.{action.id} }}}}" if action.words_now else action.text()
    if action.is_on is not None:
        attributes |= {"active": (f"on.{action.id}",), "raw_attrs": [f':aria-pressed="on.{action.id}"']}
    with button(
        "" if ink else text,
        click or ("asking = true" if action.question else act(action.id)),
        title=(f"hints.{action.id}",) if action.hint_now else action.hint,
        disabled=(f"!enabled.{action.id}",),
        **attributes,
    ) as made:
        if ink:
            html.I(classes="ink", style=f"background: rgb({', '.join(str(round(255 * part)) for part in ink)})")
            html.Span(text)
    return made


def slider(value: Value, unit: str = "") -> None:
    """A slider and, for those who cannot drag, a field; `unit`: a text instead of the value's own."""
    step = value.limits[2]
    low, high = (f"limits.{value.id}[{side}]" if value.limits_now else str(value.limits[side]) for side in (0, 1))
    common: dict[str, Any] = {"min": (low,), "max": (high,), "step": step, "disabled": (f"!enabled.{value.id}",)}
    common |= spoken(value.words)
    with html.Label(classes="control", title=value.hint):
        html.Span(value.words)
        vuetify3.VSlider(v_model=(value.id,), thumb_size=14, hide_details=True, density="compact", **common)
        with html.Span(classes="field"):
            html.Input(type="number", **common | _typed(value.id, value.words))
            if unit or value.unit:
                html.Span(unit or value.unit)


def number(value: Value) -> None:
    low, most, _ = value.limits
    html.Input(
        type="number",
        min=low,
        max=most,
        title=value.hint,
        disabled=(f"!enabled.{value.id}",),
        **_typed(value.id, value.words or value.hint),
    )


def _typed(name: str, words: str) -> dict[str, Any]:
    """What binds a field to a value so that what is being typed stays, whatever else the page draws anew.

    What cannot be taken the server refuses, and the field shows again what is.
    """
    attributes = spoken(words)
    return attributes | {"raw_attrs": [*attributes["raw_attrs"], f'v-model.lazy.number="{name}"']}


def choice(value: Value) -> None:
    with html.Select(
        value=(value.id,),
        change=f"{value.id} = $event.target.value",
        title=value.hint,
        disabled=(f"!enabled.{value.id}",),
        **spoken(value.words or value.hint),
    ):
        for word in value.choices:
            html.Option(word, value=word, selected=(f"{value.id} === '{word}'",))


def chosen_row(heads: Sequence[str], rows: str, key: str, chosen: str, **attributes: Any) -> Any:
    """A table's head and its `rows`, one of which is chosen by a click; the cells of `row` come into the block."""
    with html.Thead(), html.Tr():
        for head in heads:
            html.Th(head)
        RowAt(at=(f"`${{{chosen}}} of ${{{rows}.length}}`",))
    select = act("select", f"row.{key}")
    with html.Tbody():
        return html.Tr(
            v_for=(f"row in {rows}",),
            key=(f"row.{key}",),
            tabindex=0,
            click=select,
            keydown_enter=select,
            classes=(f"row.{key} === {chosen} ? 'chosen' : ''",),
            raw_attrs=[f':aria-current="row.{key} === {chosen}"'],
            **attributes,
        )


def labelled(value: Value) -> Any:
    """The words of a value; its control, and what stands beside it, come into the block."""
    label = html.Label(classes="control", title=value.hint)
    with label:
        html.Span(value.words)
    return label


def check(value: Value) -> None:
    with html.Label(classes="check", title=value.hint):
        html.Input(
            type="checkbox",
            checked=(value.id,),
            change=f"{value.id} = $event.target.checked",
            disabled=(f"!enabled.{value.id}",),
        )
        html.Span(value.words)
