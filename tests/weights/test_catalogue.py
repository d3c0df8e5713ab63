"""The catalogue of published weights is what the publishers' own packages say."""

import math
import re

import pytest
import timm
import torchvision

from vzor.spec.errors import UserError
from vzor.weights.catalogue import CLASSES, PUBLISHERS, catalogue, class_names, pick, published
from vzor.weights.keys import publishers
from vzor.zoo.index import ZOO

ALLOWED = ("BSD-2-Clause", "BSD-3-Clause", "MIT", "Apache-2.0", "CC-BY-4.0", "unrestricted")
DIGITS = {"sha256": range(8, 65), "sha1": (40,), "md5": (32,)}


def test_there_are_many_and_most_have_their_publishers_hash() -> None:
    hashed = [one for one in catalogue() if one.hash]
    assert len(hashed) >= 60 and len(catalogue()) >= 100
    for one in hashed:
        kind, digits = one.digest
        assert len(digits) in DIGITS[kind] and re.fullmatch("[0-9a-f]+", digits), one
        assert kind != "sha256" or len(digits) == 64 or digits in one.file or one.publisher == "caffe", one


def test_every_set_is_of_a_network_of_ours_under_names_that_are_known() -> None:
    assert {one.publisher for one in catalogue()} == set(PUBLISHERS)
    ids = [(one.network, one.id) for one in catalogue()]
    assert len(set(ids)) == len(ids)
    for one in catalogue():
        assert one.network in ZOO
        assert one.file.endswith(".net") or one.publisher in publishers(one.network), one
        assert one.licence in ALLOWED, one
        assert one.url.startswith(("https://", "http://")) and one.classes in CLASSES
        assert 0 <= one.top1 <= one.top5 <= 100 or (one.top5 == 0 and 50 < one.top1 < 95), one


def test_files_of_one_name_are_the_same_file() -> None:
    """Or one would be taken for the other where fetched files lie."""
    named: dict[str, set[str]] = {}
    for one in catalogue():
        named.setdefault(one.file, set()).add(one.hash or one.url)
    assert {file: of for file, of in named.items() if len(of) > 1} == {}
    assert "model.safetensors" not in named and "convnext_tiny.in12k_ft_in1k.safetensors" in named


def test_names_of_classes() -> None:
    assert list(class_names("imagenet")) == torchvision.models.ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
    assert len(set(class_names("imagenet"))) == 1000


@pytest.mark.parametrize(
    "one", [one for one in catalogue() if one.publisher == "torchvision"], ids=lambda one: one.file
)
def test_torchvision_says_the_same(one) -> None:
    entry = torchvision.models.get_model_weights(one.network)[one.name]
    preset, known, pre = entry.transforms(), entry.meta["_metrics"].get("ImageNet-1K", {}), one.preprocess
    assert one.url == entry.url and one.digest[1] in entry.url
    assert (one.top1, one.top5) == (known.get("acc@1", 0) or 0, known.get("acc@5", 0) or 0) or math.isnan(
        known["acc@1"]
    )
    assert one.megabytes * 1e6 / 2**20 == pytest.approx(entry.meta["_file_size"], abs=0.06)
    assert pre.size == (preset.crop_size[0],) * 2 and round(pre.size[0] / pre.crop_pct) == preset.resize_size[0]
    assert pre.interpolation == preset.interpolation.value and pre.order == "RGB"
    twice = one.network in ("googlenet", "inception_v3")  # these normalise once more in the network
    assert pre.mean == pytest.approx((0.5,) * 3 if twice else tuple(preset.mean), abs=1e-6)
    assert pre.std == pytest.approx((0.5,) * 3 if twice else tuple(preset.std), abs=1e-6)


@pytest.mark.parametrize(
    "one", [one for one in catalogue() if one.publisher == "timm"], ids=lambda one: one.network + one.name
)
def test_timm_says_the_same(one) -> None:
    arch = publishers(one.network)["timm"].name_of(one.network)
    config = timm.models.get_pretrained_cfg(f"{arch}.{one.name}")
    assert config is not None and config.num_classes == 1000
    assert one.url in (config.url, f"https://huggingface.co/{config.hf_hub_id}/resolve/main/model.safetensors")
    assert one.licence.lower() == config.license
    pre = one.preprocess
    assert (3, *pre.size) == tuple(config.input_size) and pre.interpolation == config.interpolation
    assert pre.mean == pytest.approx(config.mean, abs=1e-6) and pre.std == pytest.approx(config.std, abs=1e-6)
    assert int(pre.size[0] / config.crop_pct) == round(pre.size[0] / pre.crop_pct)


def test_what_is_asked_for_is_picked() -> None:
    assert pick("resnet50", "imagenet").id == "torchvision/IMAGENET1K_V2"  # the more accurate
    assert pick("resnet50", "torchvision/IMAGENET1K_V1").file == "resnet50-0676ba61.pth"
    assert pick("resnet50", "IMAGENET1K_V1") == pick("resnet50", "torchvision/IMAGENET1K_V1")
    assert [one.top1 for one in published("resnet50")] == sorted(
        (one.top1 for one in published("resnet50")), reverse=True
    )
    with pytest.raises(
        UserError, match=r"no weights 'IMAGENET1K_V3' of resnet50\. Did you mean .*IMAGENET1K_V.* path of a file"
    ):
        pick("resnet50", "IMAGENET1K_V3")
    with pytest.raises(UserError, match="No published weights of vgg16_c are known"):
        pick("vgg16_c", "imagenet")
