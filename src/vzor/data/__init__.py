"""Data: readers of the formats people have, the scan before training, augmentation, loading, pictures.

`read.read(source)` finds out what `source` is and gives a `samples.Data`; `pixels.prepare` is the one
evaluation preprocessing; `augment.plan`, `cache.plan_cache` and `loader.Loader` feed the training loop.
`fields`, `pixels`, `decode` and `draw` never import torch.
"""
