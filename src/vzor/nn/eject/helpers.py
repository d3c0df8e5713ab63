"""Source of the helpers that an ejected file may hold: written once here, copied only where a row needs them."""

from __future__ import annotations

from vzor.spec.rows import Norm

HELPERS: dict[str, str] = {
    "scaled_tanh": '''
def scaled_tanh(x):
    """LeCun et al. 1998, eq. 6."""
    return 1.7159 * torch.tanh(x * (2 / 3))
''',
    "abs_tanh": """
def abs_tanh(x):
    return torch.tanh(x).abs()
""",
    "lrn": '''
def lrn(x, n, alpha, beta, k):
    """Local response normalisation over n neighbouring channels: x / (k + alpha / n * sum(x^2)) ^ beta."""
    square = x.square().transpose(1, -1)
    flat = F.pad(square.reshape(-1, 1, square.shape[-1]), (n // 2, (n - 1) // 2))
    mean = F.avg_pool1d(flat, n, 1).view(square.shape).transpose(1, -1)
    return x / (k + alpha * mean).pow(beta)
''',
    "space_to_depth": '''
def space_to_depth(x, s):
    """C×H×W -> C·s²×H/s×W/s."""
    rank = x.dim() - 2
    for axis in range(rank):
        x = x.unflatten(2 + 2 * axis, (-1, s))
    order = (0, *(3 + 2 * axis for axis in range(rank)), 1, *(2 + 2 * axis for axis in range(rank)))
    return x.permute(order).flatten(1, 1 + rank)
''',
    "attention": '''
def attention(x, heads, key):
    """Multi-head self-attention over positions; for each head the channels of its query, key and value."""
    parts = x.unflatten(1, (heads, -1)).flatten(3).transpose(2, 3)
    q, k, v = parts.split((key, key, parts.shape[-1] - 2 * key), 3)
    y = F.scaled_dot_product_attention(q, k, v)
    return y.transpose(2, 3).reshape(x.shape[0], -1, *x.shape[2:])
''',
    "same": '''
def same(x, kernel, stride, dilation=(1, 1, 1), value=0.0):
    """Padded so that a window gives ceil(n / stride) cells, the odd cell after, as TensorFlow does."""
    pads = []
    for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=False):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        pads = [total // 2, total - total // 2, *pads]
    return F.pad(x, pads, value=value)
''',
    "inside_average": '''
def inside_average(x, kernel, stride, pads, ceil):
    """Average pooling that leaves the padding out."""
    pool = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[len(kernel)]

    def run(y):
        y = same(y, kernel, stride) if pads == "same" else F.pad(y, pads)
        return pool(y, kernel, stride, 0, ceil)

    return run(x) / run(torch.ones_like(x[:1, :1]))
''',
    "without": '''
def without(norm, name):
    """A batch normalisation whose weight stays 1, or whose bias stays 0, and is no parameter."""
    value = getattr(norm, name).detach()
    delattr(norm, name)
    norm.register_buffer(name, value, persistent=False)
    return norm
''',
    "fixed": '''
def fixed(unit, values):
    """A convolution whose weights belong to the table: neither drawn nor trained."""
    weight = unit.conv.weight
    weight.data = torch.tensor(values).view_as(weight)
    weight.requires_grad_(False)
    return unit
''',
    "Local": '''
class Local(nn.Module):
    """Locally connected: its own filter at every place."""

    def __init__(self, inputs, outputs, kernel, stride, pads, places, bias=True, act=None):
        super().__init__()
        self.kernel, self.stride, self.pads, self.places, self.act = kernel, stride, pads, places, act
        fan_in = inputs * kernel[0] * kernel[1]
        self.weight = nn.Parameter(torch.randn(places[0] * places[1], outputs, fan_in) * (2 / fan_in) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs, *places)) if bias else None

    def forward(self, x):
        columns = F.unfold(F.pad(x, self.pads), self.kernel, stride=self.stride)
        y = torch.einsum("bfp,pof->bop", columns, self.weight).unflatten(2, self.places)
        y = y if self.bias is None else y + self.bias
        return y if self.act is None else self.act(y)
''',
    "RBF": '''
class RBF(nn.Module):
    """Minus the squared distance to fixed codes of ±1: LeCun et al. 1998, eq. 7."""

    def __init__(self, inputs, outputs, seed=0):
        super().__init__()
        codes = torch.randint(0, 2, (outputs, inputs), generator=torch.Generator().manual_seed(seed))
        self.register_buffer("codes", codes.float() * 2 - 1)

    def forward(self, x):
        x = x.flatten(1)
        return 2 * x @ self.codes.T - x.square().sum(1, keepdim=True) - self.codes.square().sum(1)
''',
    "LayerNorm": '''
class LayerNorm(nn.LayerNorm):
    """Layer normalisation of the channels, which are the second axis here and torch's last."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "DropPath": '''
class DropPath(nn.Module):
    """The whole sample dropped with probability p in training, the rest scaled up."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or not self.p:
            return x
        keep = x.new_empty(x.shape[0], *(1,) * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * keep / (1 - self.p)
''',
    "Gain": '''
class Gain(nn.Module):
    """A learnt factor, and perhaps an offset, per channel."""

    def __init__(self, inputs, rank, bias=False, init=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((inputs, *(1,) * rank), init))
        self.bias = nn.Parameter(torch.zeros(inputs, *(1,) * rank)) if bias else None

    def forward(self, x):
        x = x * self.weight
        return x if self.bias is None else x + self.bias
''',
    "L2Norm": '''
class L2Norm(nn.Module):
    """Channel vectors scaled to a learnt length."""

    def __init__(self, inputs, rank, scale):
        super().__init__()
        self.weight = nn.Parameter(torch.full((inputs, *(1,) * rank), scale))

    def forward(self, x):
        return F.normalize(x, dim=1) * self.weight
''',
}
for _rank in (1, 2, 3):
    HELPERS[f"ConnectedConv{_rank}d"] = f'''
class ConnectedConv{_rank}d(nn.Module):
    """A convolution where every output map reads its own list of input maps; no other weights exist."""

    def __init__(self, inputs, reads, kernel, stride=1, dilation=1, bias=True):
        super().__init__()
        self.kernel_size = kernel
        self.stride = stride if isinstance(stride, tuple) else (stride,) * len(kernel)
        self.dilation = dilation if isinstance(dilation, tuple) else (dilation,) * len(kernel)
        self.shape = (len(reads), inputs, *kernel)
        places = [i * inputs + j for i, maps in enumerate(reads) for j in maps]
        area = torch.Size(kernel).numel()
        self.weight = nn.Parameter(torch.randn(len(places), area) / (area * inputs) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(len(reads))) if bias else None
        self.register_buffer("places", torch.tensor(places), persistent=False)

    def forward(self, x):
        outputs, inputs, *kernel = self.shape
        dense = self.weight.new_zeros(outputs * inputs, torch.Size(kernel).numel())
        dense = dense.index_copy(0, self.places, self.weight).view(self.shape)
        return F.conv{_rank}d(x, dense, self.bias, self.stride, 0, self.dilation)
'''

WORDS = {"F.relu": "ReLU", "torch.tanh": "tanh", "torch.sigmoid": "sigmoid", "F.silu": "SiLU", "None": ""}


def conv_class(name: str, family: tuple[str, int, Norm | None, str], act: str, one_act: bool, biases: set[bool]) -> str:
    """A class that holds ``conv``, perhaps ``bn``, and runs the nonlinearity after them."""
    kind, rank, bn, pad = family
    made = {"": f"nn.Conv{rank}d", "T": f"nn.ConvTranspose{rank}d", "C": f"ConnectedConv{rank}d"}[kind]
    what = ["Transposed convolution" if kind == "T" else "Convolution"]
    what += ["batch normalisation"] if bn else []
    what += ([WORDS.get(act, "nonlinearity")] if one_act else ["nonlinearity"]) if not one_act or act != "None" else []
    second = "reads" if kind == "C" else "outputs"
    arguments = ["self", "inputs", second, "kernel", *(["pads"] if pad == "Padded" else [])]
    arguments += [] if one_act else [f"act={act}"]
    bias = ", bias=False" if biases == {False} else ""
    lines = [f"class {name}(nn.Module):", f'    """{", ".join(word for word in what if word)}."""', ""]
    lines += [f"    def __init__({', '.join(arguments)}, **more):", "        super().__init__()"]
    lines.append(f"        self.conv = {made}(inputs, {second}, kernel{bias}, **more)")
    if bn:
        lines.append(f"        self.bn = {_norm(bn, rank, 'len(reads)' if kind == 'C' else 'outputs')}")
    lines += ["        self.pads = pads"] if pad == "Padded" else []
    lines += [] if one_act else ["        self.act = act"]
    lines += ["", "    def forward(self, x):"]
    if pad == "Same":
        lines.append("        x = same(x, self.conv.kernel_size, self.conv.stride, self.conv.dilation)")
    elif pad == "Padded":
        lines.append("        x = F.pad(x, self.pads)")
    value = "self.bn(self.conv(x))" if bn else "self.conv(x)"
    if not one_act:
        lines += [f"        x = {value}", "        return x if self.act is None else self.act(x)"]
    elif act == "None":
        lines.append(f"        return {value}")
    elif act.startswith("partial("):
        head, _, more = act[len("partial(") : -1].partition(", ")
        lines.append(f"        return {head}({value}, {more})")
    else:
        lines.append(f"        return {act}({value})")
    return "\n" + "\n".join(lines) + "\n"


def _norm(bn: Norm, rank: int, width: str) -> str:
    more = (f", eps={bn.eps}" if bn.eps != 1e-5 else "") + (f", momentum={bn.momentum}" if bn.momentum != 0.1 else "")
    more += ", affine=False" if not (bn.gamma or bn.beta) else ""
    made = f"nn.BatchNorm{rank}d({width}{more})"
    return made if bn.gamma == bn.beta else f'without({made}, "{"bias" if bn.gamma else "weight"}")'
