"""The generators: shapes, sizes, and what each must leave alone or tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from SketchNoduleSynthLib.networks import mcgan, pix2pix, stylepix2pix
from SketchNoduleSynthLib.networks.inputs import ATTENUATIONS, CONDITIONS, PLANE_NOISE, STYLE, conditions
from SketchNoduleSynthLib.networks.layers import ModulatedUp, PatchDiscriminator, Up, tiled

BUILD: dict[str, tuple[Callable[..., nn.Module], dict]] = {
    "pix2pix": (pix2pix.Pix2Pix, pix2pix.PRESETS),
    "stylepix2pix": (stylepix2pix.StylePix2Pix, stylepix2pix.PRESETS),
    "mcgan": (mcgan.MCGAN, mcgan.PRESETS),
}
MILLIONS = {
    ("pix2pix", "paper"): 41.96,
    ("pix2pix", "compact"): 2.46,
    ("stylepix2pix", "paper"): 40.23,
    ("stylepix2pix", "compact"): 3.36,
    ("mcgan", "paper"): 24.68,
}


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    yield
    torch.set_grad_enabled(True)


def built(model: str, preset: str | None = None) -> nn.Module:
    make, presets = BUILD[model]
    return make(presets[preset or list(presets)[-1]]).eval()


def inputs(model: str, network: nn.Module, batch: int = 1) -> tuple[Tensor, ...]:
    """Random inputs of the right shape; in context, with a square hole."""
    config = network.config
    space = (mcgan.SAMPLES,) * 3 if model == "mcgan" else (pix2pix.SAMPLES,) * 2
    x = torch.rand(batch, mcgan.INPUTS if model == "mcgan" else config.in_channels, *space) * 2 - 1
    if model != "mcgan" and config.in_context:
        x[:, 3] = 0
        x[:, 3, 30:90, 40:80] = 1
    return (x, torch.randn(batch, STYLE)) if model == "stylepix2pix" else (x,)


@pytest.mark.parametrize(("model", "preset"), MILLIONS)
def test_every_preset(model: str, preset: str) -> None:
    """Shape, range and number of parameters."""
    network = built(model, preset)
    output = network(*inputs(model, network))
    assert output.shape == ((1, 1, 32, 32, 32) if model == "mcgan" else (1, 1, 128, 128))
    assert output.abs().max() <= 1
    assert output.std() > 0
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert parameters / 1e6 == pytest.approx(MILLIONS[model, preset], rel=0.01)


def test_all_presets_are_tested() -> None:
    assert set(MILLIONS) == {(model, preset) for model, (_, presets) in BUILD.items() for preset in presets}


@pytest.mark.parametrize("model", BUILD)
def test_same_input_same_output(model: str) -> None:
    network = built(model)
    given = inputs(model, network)
    assert torch.equal(network(*given), network(*given))


@pytest.mark.parametrize("model", BUILD)
def test_a_sample_does_not_see_its_batch(model: str) -> None:
    network = built(model)
    given = inputs(model, network, batch=3)
    together = network(*given)
    for k in range(3):
        alone = network(*(part[k : k + 1] for part in given))
        assert (alone[0] - together[k]).abs().max() < 1e-4


@pytest.mark.parametrize("model", ["pix2pix", "stylepix2pix"])
def test_outside_the_hole_nothing_changes(model: str) -> None:
    """Bit for bit, in half precision too."""
    network = built(model)
    x, *z = inputs(model, network, batch=2)
    hole = x[:, 3:4] > 0
    plane = x[:, 2:3]
    for half in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            output = network(x, *z)
        assert output.dtype == torch.float32
        assert torch.equal(output[~hole], plane[~hole])
        assert (output[hole] != plane[hole]).float().mean() > 0.99


@pytest.mark.parametrize("preset", ["compact", "paper"])
def test_style_changes_the_output(preset: str) -> None:
    network = built("stylepix2pix", preset)
    x, z = inputs("stylepix2pix", network)
    output = network(x, z)
    assert (network(x, -z) - output).abs().max() > 1e-3
    assert torch.allclose(network(x, 3 * z), output, atol=1e-5), "the style is z's direction"


def test_in_context_input() -> None:
    lesion, lines, plane = (torch.rand(2, 1, 128, 128) for _ in range(3))
    hole = torch.zeros(2, 1, 128, 128)
    hole[..., 20:60, 20:60] = 1
    noise = torch.rand(2, 1, PLANE_NOISE, PLANE_NOISE) - 0.5
    wanted = torch.from_numpy(np.stack([conditions(8, "solid"), conditions(25, "ground-glass")]))
    x = pix2pix.in_context(lesion, lines, plane, hole, noise, wanted)
    assert x.shape == (2, pix2pix.PRESETS["compact"].in_channels, 128, 128)
    assert torch.equal(x[:, 0:1], lesion)
    assert torch.equal(x[:, 1:2], lines)
    assert torch.equal(x[:, 2:3][hole == 0], plane[hole == 0])
    assert x[:, 2:3][hole > 0].abs().max() <= 0.5
    assert torch.equal(x[:, 3:4], hole)
    assert (x[:, 4:] == wanted[..., None, None]).all()


def test_conditions() -> None:
    assert conditions(10, "solid").tolist() == [1, 0, 0, 1, 0, 0]
    assert conditions(10.1, "part-solid").tolist() == [0, 1, 0, 0, 1, 0]
    assert conditions(20.1, "ground-glass").tolist() == [0, 0, 1, 0, 0, 1]
    assert len(ATTENUATIONS) + 3 == CONDITIONS
    assert np.array_equal(conditions(10, "calcified"), conditions(10, "solid"))
    with pytest.raises(ValueError):
        conditions(10, "fatty")
    assert tiled(torch.eye(6)[:2], torch.zeros(2, 1, 3, 4, 5)).shape == (2, 6, 3, 4, 5)


def test_middle_and_with_middle() -> None:
    surroundings, box = torch.rand(2, 1, 64, 64, 64), torch.rand(2, 1, 32, 32, 32)
    box[0, 0, 0, 0, 0] = 0
    both = mcgan.with_middle(surroundings, box)
    assert torch.equal(mcgan.middle(both), box)
    assert torch.equal(mcgan.with_middle(both, mcgan.middle(surroundings)), surroundings)
    assert (both != surroundings).sum() <= box.numel()
    with torch.enable_grad():
        mcgan.with_middle(surroundings, box.requires_grad_()).sum().backward()
    assert torch.equal(box.grad, torch.ones_like(box))


def test_mcgan_input() -> None:
    surroundings, noise = torch.rand(1, 1, 64, 64, 64), torch.rand(1, 1, 32, 32, 32) - 0.5
    x = mcgan.generator_input(surroundings, noise, torch.from_numpy(conditions(12, "solid"))[None])
    assert x.shape[1] == mcgan.INPUTS == 7
    assert torch.equal(mcgan.middle(x[:, :1]), noise)
    assert (x[0, 1:7] == torch.from_numpy(conditions(12, "solid"))[:, None, None, None]).all()


def unevenness(y: Tensor) -> float:
    """How far the 2 x 2 (x 2) interleaved grids of an image differ in their means, in its standard deviations."""
    dims = y.ndim - 2
    grids = [y[(..., *(slice(start, None, 2) for start in starts))] for starts in product((0, 1), repeat=dims)]
    means = torch.stack([grid.mean() for grid in grids])
    return float((means.max() - means.min()) / y.std())


@pytest.mark.parametrize("dims", [2, 3])
def test_resizing_and_convolving_leaves_no_checkerboard(dims: int) -> None:
    """What is even stays even; a transposed convolution does not do that."""
    even = torch.ones(1, 8, *[6] * dims)
    middle = (..., *[slice(2, -2)] * dims)
    for resize in (True, False):
        up = Up(8, 8, "none", dims, resize)
        x = interpolate(even, scale_factor=2.0) if resize else even
        y = up.convolution(x)[middle].flatten(2)
        assert (float((y - y.mean(2, keepdim=True)).abs().max()) < 1e-5) == resize
    if dims == 2:
        y = ModulatedUp(8, 8)(even, torch.randn(1, 512))[middle].flatten(2)
        assert (y - y.mean(2, keepdim=True)).abs().max() < 1e-5


@pytest.mark.parametrize("model", ["pix2pix", "stylepix2pix"])
def test_compact_generators_have_no_checkerboard(model: str) -> None:
    network = built(model)
    x, *z = inputs(model, network)
    x[:, 3] = 1
    assert unevenness(network(x, *z)) < 0.15


@pytest.mark.parametrize(("dims", "spectral", "kind"), [(2, True, "batch"), (2, False, "batch"), (3, True, "group")])
def test_discriminators_judge_patches(dims: int, spectral: bool, kind: str) -> None:
    judge = PatchDiscriminator(2, 8, 3, dims, kind, spectral).eval()
    assert judge(torch.rand(2, 2, *[32] * dims)).shape == (2, 1, *[4] * dims)
