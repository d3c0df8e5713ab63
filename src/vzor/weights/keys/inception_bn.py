"""Inception-BN: Cadene keeps Caffe's names, in which a branch is part of the row's name."""

from vzor.weights.keys.rules import Keys

KEYS = (
    Keys(
        "cadene",
        ("bninception",),
        (
            (r"\.branch1\.", "_1x1."),
            (r"\.branch2\.0\.", "_3x3_reduce."),
            (r"\.branch2\.1\.", "_3x3."),
            (r"\.branch3\.0\.", "_double_3x3_reduce."),
            (r"\.branch3\.([12])\.", r"_double_3x3_\1."),
            (r"\.branch4\.1\.", "_pool_proj."),
            (r"\.conv\.", "."),
            (r"\.bn\.", "_bn."),
        ),
    ),
)
