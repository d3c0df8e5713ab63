"""Keras' own networks, made on torch; shared by the tests of networks and of files."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

#: Ours: Keras' function and its options.
PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"densenet{depth}_keras": (f"DenseNet{depth}", {}) for depth in (121, 169, 201)},
    "inception_resnet_v2_keras": ("InceptionResNetV2", {}),
    "inception_v3_keras": ("InceptionV3", {}),
    "mobilenet_keras": ("MobileNet", {}),
    **{f"mobilenet_keras_{alpha}": ("MobileNet", {"alpha": int(alpha) / 100}) for alpha in ("025", "050", "075")},
    "mobilenet_v2_keras": ("MobileNetV2", {}),
    **{
        f"mobilenet_v2_keras_{alpha}": ("MobileNetV2", {"alpha": int(alpha) / 100})
        for alpha in ("035", "050", "075", "130", "140")
    },
    **{f"resnet{depth}_keras": (f"ResNet{depth}", {}) for depth in (50, 101, 152)},
    **{f"resnet{depth}v2_keras": (f"ResNet{depth}V2", {}) for depth in (50, 101, 152)},
    "vgg16": ("VGG16", {}),
    "vgg19": ("VGG19", {}),
    "xception_keras": ("Xception", {}),
}


@pytest.fixture(scope="session")
def keras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Keras on torch, in float64, its settings kept out of the home directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        found = pytest.importorskip("keras", reason="Keras, a peer to compare with, is not installed")
        if found.backend.backend() != "torch":
            pytest.skip(f"Keras runs on {found.backend.backend()} here, not on torch")
        # Off TensorFlow, Keras turns every 64-bit result into 32 bits; not here.
        patch.setitem(import_module("keras.src.backend.common.dtypes").BIT64_TO_BIT32_DTYPE, "float64", "float64")
        before = found.config.floatx()
        found.config.set_floatx("float64")
        yield found
        found.config.set_floatx(before)


def made(
    keras: ModuleType, name: str, size: tuple[int, int] = (224, 224), device: str = "cpu", before: int = 0, **more: Any
) -> Any:
    """Keras' network; the session has made ``before`` layers of every kind already, from which it goes on to count."""
    function, options = PEERS[name]
    keras.backend.clear_session(free_memory=False)
    layers = keras.layers
    for _ in range(before):
        layers.Conv2D(1, 1), layers.SeparableConv2D(1, 1), layers.DepthwiseConv2D(1)
        layers.BatchNormalization(), layers.Dense(1)
    with keras.device(device):
        return getattr(keras.applications, function)(
            weights=None, input_shape=(*size, 3), classifier_activation=None, **options, **more
        )


def variables(net: Any) -> dict[str, Any]:
    """Every variable by its layer and its own name."""
    found = {}
    for layer in net.layers:
        for variable in layer.variables:
            kind = variable.name
            if "seed_generator" not in variable.path:  # of dropout
                found[f"{layer.name}/{kind}"] = variable
    return found


def shapes(found: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in found.items()}
