"""Caffe's messages, written by protobuf itself from the field numbers of its published caffe.proto."""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INT32, INT64, FLOAT, DOUBLE, STRING, MESSAGE, ENUM = 5, 3, 2, 1, 9, 11, 13  # an enum is written as a uint32
ONE, MANY = 1, 3
#: message: (field, number, kind, repeated or not, packed, message)
FIELDS: dict[str, list[tuple[str, int, int, int, bool, str]]] = {
    "BlobShape": [("dim", 1, INT64, MANY, True, "")],
    "BlobProto": [
        ("num", 1, INT32, ONE, False, ""),
        ("channels", 2, INT32, ONE, False, ""),
        ("height", 3, INT32, ONE, False, ""),
        ("width", 4, INT32, ONE, False, ""),
        ("data", 5, FLOAT, MANY, True, ""),
        ("shape", 7, MESSAGE, ONE, False, "BlobShape"),
        ("double_data", 8, DOUBLE, MANY, True, ""),
    ],
    "LayerParameter": [
        ("name", 1, STRING, ONE, False, ""),
        ("type", 2, STRING, ONE, False, ""),
        ("bottom", 3, STRING, MANY, False, ""),
        ("top", 4, STRING, MANY, False, ""),
        ("loss_weight", 5, FLOAT, MANY, False, ""),
        ("blobs", 7, MESSAGE, MANY, False, "BlobProto"),
    ],
    "V0LayerParameter": [
        ("name", 1, STRING, ONE, False, ""),
        ("type", 2, STRING, ONE, False, ""),
        ("blobs", 50, MESSAGE, MANY, False, "BlobProto"),
    ],
    "V1LayerParameter": [
        ("layer", 1, MESSAGE, ONE, False, "V0LayerParameter"),
        ("bottom", 2, STRING, MANY, False, ""),
        ("top", 3, STRING, MANY, False, ""),
        ("name", 4, STRING, ONE, False, ""),
        ("type", 5, ENUM, ONE, False, ""),
        ("blobs", 6, MESSAGE, MANY, False, "BlobProto"),
    ],
    "NetParameter": [
        ("name", 1, STRING, ONE, False, ""),
        ("layers", 2, MESSAGE, MANY, False, "V1LayerParameter"),
        ("input", 3, STRING, MANY, False, ""),
        ("layer", 100, MESSAGE, MANY, False, "LayerParameter"),
    ],
}


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="caffe_of_the_tests.proto", package="caffe_of_the_tests")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, number, kind, label, packed, of in fields:
            made = message.field.add(name=field, number=number, type=kind, label=label)
            if of:
                made.type_name = f".caffe_of_the_tests.{of}"
            if packed:
                made.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe_of_the_tests.{name}"))
        for name in FIELDS
    }


MESSAGES = _messages()


def blob(values: Any, old: bool = False) -> Any:
    """A blob of a NumPy array; ``old``: with num, channels, height and width instead of a shape."""
    made = MESSAGES["BlobProto"](data=values.ravel().tolist())
    if old:
        made.num, made.channels, made.height, made.width = (1,) * (4 - values.ndim) + values.shape
    else:
        made.shape.dim.extend(values.shape)
    return made


def net(layers: list[tuple[str, str, list[Any]]], generation: str = "layer") -> bytes:
    """A NetParameter of (name, kind, arrays) in one of the three generations."""
    made = MESSAGES["NetParameter"](name="net")
    numbers = {"Convolution": 4, "InnerProduct": 14}
    for name, kind, arrays in layers:
        blobs = [blob(values, old=generation != "layer") for values in arrays]
        if generation == "layer":
            made.layer.add(name=name, type=kind, bottom=["data"], loss_weight=[1.0], blobs=blobs)
        elif generation == "V1":
            made.layers.add(name=name, type=numbers[kind], top=["x"], blobs=blobs)
        else:
            made.layers.add(layer=MESSAGES["V0LayerParameter"](name=name, type=kind.lower(), blobs=blobs))
    return made.SerializeToString()
