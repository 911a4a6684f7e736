"""What a seed chooses: StylePix2pix's style, whole or truncated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from SketchNoduleSynthLib.json_keys import MAX_SEED
from SketchNoduleSynthLib.networks import pix2pix, stylepix2pix
from SketchNoduleSynthLib.networks.inputs import STYLE

SEEDS = st.integers(0, MAX_SEED)


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def styled() -> stylepix2pix.StylePix2Pix:
    """A small StylePix2pix, not trained; not of seed 0, whose numbers the mean style is measured on."""
    torch.manual_seed(1)
    config = replace(stylepix2pix.PRESETS["compact"], widths=(8,) * 7, style_hidden=8)
    return stylepix2pix.StylePix2Pix(config).eval()


def z_of(seed: int, count: int = 1) -> Tensor:
    return torch.randn(count, STYLE, generator=torch.Generator().manual_seed(seed))


def used_style(network: stylepix2pix.StylePix2Pix, z: Tensor, truncation: float) -> Tensor:
    """The style that the first block of the decoder is given."""
    styles: list[Tensor] = []
    hook = network.decoder[0].register_forward_pre_hook(lambda block, given: styles.append(given[1]))
    network(torch.zeros(1, network.config.in_channels, pix2pix.SAMPLES, pix2pix.SAMPLES), z, truncation)
    hook.remove()
    return styles[0]


@given(SEEDS, st.floats(0, 1))
@settings(max_examples=10)
def test_truncation_brings_a_style_that_much_nearer_to_the_mean(
    styled: stylepix2pix.StylePix2Pix, seed: int, truncation: float
) -> None:
    z = z_of(seed)
    whole, mean = styled.style(z), styled.mean_style
    used = used_style(styled, z, truncation)
    assert torch.allclose(used - mean, truncation * (whole - mean), atol=1e-5)
    assert torch.equal(used_style(styled, z, 1.0), whole)


def test_truncated_to_nothing_all_styles_give_one_image(styled: stylepix2pix.StylePix2Pix) -> None:
    x = torch.rand(1, styled.config.in_channels, pix2pix.SAMPLES, pix2pix.SAMPLES)
    one, other = z_of(1), z_of(2)
    apart = [float((styled(x, one, t) - styled(x, other, t)).abs().mean()) for t in (0.0, 0.5, 1.0)]
    assert apart[0] == 0
    assert 0 < apart[1] < apart[2]


def test_the_mean_style_is_the_mean_of_styles(styled: stylepix2pix.StylePix2Pix) -> None:
    """Of others than it was measured on, too."""
    styles = styled.style(z_of(3, 4096))
    assert styled.mean_style.shape == (1, STYLE)
    off = (styled.mean_style - styles.mean(0)).norm()
    assert off < 0.1 * (styles - styles.mean(0)).norm(dim=1).mean()


def test_the_mean_style_is_the_same_each_time_and_draws_no_number_of_others(
    styled: stylepix2pix.StylePix2Pix,
) -> None:
    again = stylepix2pix.StylePix2Pix(styled.config)
    again.load_state_dict(styled.state_dict())
    state = torch.get_rng_state()
    assert torch.equal(again.mean_style, styled.mean_style)
    assert torch.equal(torch.get_rng_state(), state)
