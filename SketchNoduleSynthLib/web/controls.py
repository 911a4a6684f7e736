"""The page's controls. A control is bound to a value of what is shown, a button to an action."""

from __future__ import annotations

from typing import Any

from trame.widgets import html, vuetify3


def act(name: str, *arguments: str) -> str:
    """The script that does one of ACTIONS; `arguments` are script too."""
    return f"trigger('act', [{', '.join([repr(name), *arguments])}])"


def spoken(text: str) -> dict[str, list[str]]:
    """What a screen reader says of an element; the framework drops such attributes unless they are given raw."""
    return {"raw_attrs": [f'aria-label="{text}"']}


def button(text: str, click: str, **attributes: Any) -> Any:
    """A button of the page."""
    return vuetify3.VBtn(text, click=click, size="small", variant="tonal", **attributes)


def slider(
    text: str, name: str, low: float | str, high: float | str, step: float, enabled: str, hint: str, unit: str = ""
) -> None:
    """A slider and a field for the value `name`; a field for those who cannot drag.

    `low`, `high`: a number or script. `unit`: what stands after the field.
    """
    least, top = ((limit,) if isinstance(limit, str) else limit for limit in (low, high))
    with html.Label(classes="control", title=hint):
        html.Span(text)
        common = {"hide_details": True, "density": "compact", "disabled": (f"!({enabled})",)}
        vuetify3.VSlider(v_model=(name,), min=least, max=top, step=step, thumb_size=14, **spoken(text), **common)
        with html.Span(classes="field"):
            html.Input(
                type="number",
                value=(name,),
                min=least,
                max=top,
                step=step,
                **spoken(text),
                change=f"{name} = Math.min({high}, Math.max({low}, Number($event.target.value) || {low}))",
                disabled=(f"!({enabled})",),
            )
            if unit:
                html.Span(unit)


def choice(text: str, name: str, values: tuple[str, ...], hint: str) -> Any:
    """A choice of words for the value `name`; what is put into it stands beside it."""
    with html.Label(classes="control", title=hint) as control:
        html.Span(text)
        with html.Select(value=(name,), change=f"{name} = $event.target.value", **spoken(text), disabled=("!ct",)):
            for value in values:
                html.Option(value, value=value)
    return control


def check(text: str, name: str, hint: str, **attributes: Any) -> None:
    """A check box for the value `name`."""
    with html.Label(classes="check", title=hint):
        html.Input(type="checkbox", checked=(name,), change=f"{name} = $event.target.checked", **attributes)
        html.Span(text)
