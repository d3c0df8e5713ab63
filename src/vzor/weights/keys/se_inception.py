"""SE-Inception: the authors' weights for Caffe, a branch's name behind its module's, a gate's beside it."""

from vzor.weights.keys.caffe import caffe

KEYS = (
    caffe(
        ("se_bninception",),
        "conv1_7x7_s2",
        (r"/scale/", "/bn/scale/"),
        (r"^conv(\d)_", r"conv\1/"),
        (r"_se\.fc1/", "_1x1_down/"),
        (r"_se\.fc2/", "_1x1_up/"),
        (r"\.branch1/", "/1x1/"),
        (r"\.branch2\.0/", "/3x3_reduce/"),
        (r"\.branch2\.1/", "/3x3/"),
        (r"\.branch3\.0/", "/double3x3_reduce/"),
        (r"\.branch3\.1/", "/double3x3a/"),
        (r"\.branch3\.2/", "/double3x3b/"),
        (r"\.branch4\.1/", "/pool_proj/"),
        (r"^last_linear/", "classifier/"),
    ),
)
