"""YOLO11: its blocks, with which lecture 001 prints YOLO11n: 24 rows, 2,590,815 parameters for 5 classes.

Written from the published structure alone: the printed table, its parameter counts, and descriptions of the
blocks.  Every convolution without a note is convolution + batch normalisation + SiLU without a bias.

    C3k2       1×1, half of it through n inner blocks, all intermediates side by side, 1×1
    C3k        two 1×1 branches, one through two bottlenecks, side by side, 1×1
    SPPF       1×1, three chained 5×5 max-pools, all four side by side, 1×1
    C2PSA      1×1, half of it through n attention blocks, side by side, 1×1
    Detect     per level: distances to the box's four sides as distributions over 16 bins, and class scores

The lecture prints n alone.  Of s, m, l and x only the numbers of parameters and of operations are known here: of
all tables of the lecture's form that were tried (widths, a greatest width, longer chains of inner blocks, C3k in
every C3k2) exactly one has each published number of parameters, and its operations agree too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vzor.spec.errors import TableError
from vzor.spec.row import Row, Shape, one
from vzor.spec.rows import Act, Attention, Concat, Conv, Id, Input, Norm, Pool, Slice, Split, Take, Up
from vzor.spec.tables import Add, Cat, Each, From, Seq

BINS = 16  # per side of a box; the expected bin is its distance in strides
KEY, VALUE = 32, 64  # channels of an attention head
MAX_INNER = 100


def cbs(out: int, k: int = 1, s: int = 1, act: str | None = "silu") -> Conv:
    """Convolution, batch normalisation, SiLU."""
    return Conv(out, k, s, bn=Norm(), act=act)


def dw(act: str | None = "silu") -> Conv:
    """The same 3×3, every channel by itself."""
    return Conv(dw=1, bn=Norm(), act=act)


@dataclass(frozen=True)
class Bottleneck(Row):
    """3×3 to ``e·out``, 3×3 to ``out``, and what arrived added."""

    out: int
    e: float = 0.5

    def expand(self, *xs: Shape) -> Row:
        main = Seq(cv1=cbs(int(self.out * self.e), 3), cv2=cbs(self.out, 3))
        return Add(main=main, same=Id()) if one(self, xs)[0] == self.out else main


@dataclass(frozen=True)
class C3k(Row):
    """Two 1×1 branches of half the width, one of them through two bottlenecks; 1×1."""

    out: int

    def expand(self, *xs: Shape) -> Row:
        h = self.out // 2
        deep = Seq(cv1=cbs(h), m=Seq(Bottleneck(h, 1.0), Bottleneck(h, 1.0)))
        return Seq(cat=Cat(deep=deep, cv2=cbs(h)), cv3=cbs(self.out))


@dataclass(frozen=True)
class C3k2(Row):
    """1×1 to ``2c``; the second half through ``n`` blocks in a chain; all ``2 + n`` parts side by side; 1×1."""

    out: int
    n: int = 1
    c3k: bool = False
    e: float = 0.5

    def expand(self, *xs: Shape) -> Row:
        _inner(self.n)
        c = int(self.out * self.e)
        inner: dict[str, Any] = {f"m{i}": C3k(c) if self.c3k else Bottleneck(c) for i in range(self.n)}
        cat = From(("cv1", *inner), Concat())
        return Seq(cv1=cbs(2 * c), second=Slice(1, 2), **inner, cat=cat, cv2=cbs(self.out))


@dataclass(frozen=True)
class SPPF(Row):
    """1×1 to half the width, three chained max-pools of ``k``, all four side by side, 1×1."""

    out: int
    k: int = 5

    def expand(self, *xs: Shape) -> Row:
        pools: dict[str, Any] = {f"pool{i}": Pool("max", self.k, 1, self.k // 2) for i in range(3)}
        return Seq(cv1=cbs(one(self, xs)[0] // 2), **pools, cat=From(("cv1", *pools), Concat()), cv2=cbs(self.out))


@dataclass(frozen=True)
class PSA(Row):
    """Attention with a residual, then two 1×1 with a residual.  A head has 64 channels of the width."""

    def expand(self, *xs: Shape) -> Row:
        width = one(self, xs)[0]
        if width % VALUE:
            raise TableError(f"{width} channels are not heads of {VALUE}; give C2PSA a width that {2 * VALUE} divides")
        heads, each = width // VALUE, 2 * KEY + VALUE  # channels of a head: query, key, value
        values = tuple(head * each + i for head in range(heads) for i in range(2 * KEY, each))
        place = Seq(v=Take(values), conv=dw(act=None))  # a value is given its place by a 3×3
        attention = Seq(
            qkv=cbs(heads * each, act=None), sum=Add(attn=Attention(heads, KEY), pe=place), proj=cbs(width, act=None)
        )
        ffn = Seq(cv1=cbs(2 * width), cv2=cbs(width, act=None))
        return Seq(attn=Add(main=attention, same=Id()), ffn=Add(main=ffn, same=Id()))


@dataclass(frozen=True)
class C2PSA(Row):
    """1×1; the second half through ``n`` attention blocks; both halves side by side; 1×1."""

    out: int
    n: int = 1

    def expand(self, *xs: Shape) -> Row:
        _inner(self.n)
        inner: dict[str, Any] = {f"m{i}": PSA() for i in range(self.n)}
        return Seq(
            cv1=cbs(self.out),
            first=Slice(0, 2),
            second=From("cv1", Slice(1, 2)),
            **inner,
            cat=From(("first", f"m{self.n - 1}"), Concat()),
            cv2=cbs(self.out),
        )


@dataclass(frozen=True)
class Detect(Row):
    """The detector's head: one output per level, ``(4 + classes + 64, H, W)``.

    The first four maps are the distances from a cell's centre to the left, top, right and bottom of its box, in
    strides; then raw class scores; then the 4 × 16 raw bins, whose softmax the distances are the mean of (Li et
    al. 2020, generalised focal loss).  A decoder needs the first ``4 + classes``, the loss all of them.
    """

    classes: int

    def expand(self, *xs: Shape) -> Row:
        if self.classes < 1 or not xs:
            raise TableError("Detect needs one class and one level at least; write [5, [64, 128, 256]]")
        box, score = max(16, xs[0][0] // 4, 4 * BINS), max(xs[0][0], min(self.classes, 100))
        bins = Seq(cv1=cbs(box, 3), cv2=cbs(box, 3), out=Conv(4 * BINS, 1, act=None))
        scores = Seq(dw1=dw(), cv1=cbs(score), dw2=dw(), cv2=cbs(score), out=Conv(self.classes, 1, act=None))
        levels: dict[str, Any] = {f"level{i}": From(f"in{i}", Cat(box=bins, cls=scores)) for i in range(len(xs))}
        # The mean of the bins is a convolution with the fixed weights 0…15: parameters, but never trained.
        mean = Conv(1, 1, bias=False, act=None, fixed=tuple(map(float, range(BINS))))
        side = Each(Seq(softmax=Act("softmax"), dfl=mean))
        parts = (4 * BINS, self.classes)
        final = Cat(
            distances=Seq(bins=Slice(0, parts), split=Split(4), sides=side, cat=Concat()),
            scores=Slice(1, parts),
            bins=Slice(0, parts),
        )
        return Seq(**levels, out=From(tuple(levels), Each(final)))


def _inner(n: int) -> None:
    if not 1 <= n <= MAX_INNER:
        raise TableError(f"{n} inner blocks cannot be; write 1 to {MAX_INNER}")


#       widths of rows 0, 1, 3, 5, 7   inner blocks   C3k in every C3k2
SIZES = {
    "n": ( 16,  32,  64, 128, 256,     1,             False),   #  2,624,080 parameters for 80 classes
    "s": ( 32,  64, 128, 256, 512,     1,             False),   #  9,458,752
    "m": ( 64, 128, 256, 512, 512,     1,             True),    # 20,114,688
    "l": ( 64, 128, 256, 512, 512,     2,             True),    # 25,372,160
    "x": ( 96, 192, 384, 768, 768,     2,             True),    # 56,966,176
}


def yolo11(size: str = "n", classes: int = 80) -> Seq:
    """Rows 0 to 23 of the lecture's table; ``size``: n, s, m, l or x.  Three outputs, of strides 8, 16 and 32."""
    a, b, c, d, e, n, k = SIZES[size]
    rows = (
        cbs(a, 3, 2), cbs(b, 3, 2), C3k2(c, n, k, 0.25),                         #  0 to  2: stride 4
        cbs(c, 3, 2), C3k2(d, n, k, 0.25),                                       #  3,    4: stride 8
        cbs(d, 3, 2), C3k2(d, n, True),                                          #  5,    6: stride 16
        cbs(e, 3, 2), C3k2(e, n, True), SPPF(e), C2PSA(e, n),                    #  7 to 10: stride 32
        Up(), From(("11", "6"), Concat()), C3k2(d, n, k),                        # 11 to 13: stride 16
        Up(), From(("14", "4"), Concat()), C3k2(c, n, k),                        # 14 to 16: stride 8
        cbs(c, 3, 2), From(("17", "13"), Concat()), C3k2(d, n, k),               # 17 to 19: stride 16
        cbs(d, 3, 2), From(("20", "10"), Concat()), C3k2(e, n, True),            # 20 to 22: stride 32
        From(("16", "19", "22"), Detect(classes)),                               # 23
    )
    numbered: dict[str, Any] = {str(i): row for i, row in enumerate(rows)}
    return Seq(input=Input(3, 640, 640), **numbered)
