"""What the words and figures in a printed table mean, in English and in the lectures' Russian."""

from __future__ import annotations

import re

from vzor.spec.errors import did_you_mean
from vzor.spec.fields import MAX_NUMBER
from vzor.spec.forms.grid import EMPTY, Line
from vzor.spec.row import Row, Size
from vzor.spec.rows import LRN, RBF, Act, Drop, Fc, Flatten, Gap, Norm, Pool

#: kind of layer -> the words for it, lower case, hyphens as spaces, without a number behind.
_KINDS = {
    "input": "input|in|data|input image|image|вход|входной|входной слой|входные данные|изображение",
    "conv": "conv|convolution|convolutional|conv2d|convolution layer|свертка|сверточный|сверточный слой|"
    "конволюция|конволюционный|конволюционный слой",
    "pool": "pool|pooling|subsampling|sub sampling|пулинг|объединение|объединяющий|объединяющий слой|подвыборка",
    "maxpool": "maxpool|max pool|max pooling|maxpooling|maximum pooling|maxpool2d|объединение по максимуму|"
    "пулинг по максимуму|макс пулинг|подвыборка по максимуму",
    "avgpool": "avgpool|avg pool|avg pooling|average pool|average pooling|mean pooling|avgpool2d|"
    "объединение по среднему|пулинг по среднему|подвыборка по среднему",
    "gap": "gap|global average pooling|global average pool|global avg pool|global avg pooling|"
    "глобальное объединение по среднему|глобальный пулинг|глобальный пулинг по среднему",
    "fc": "fc|fully connected|fullyconnected|full connection|dense|linear|inner product|"
    "полносвязный|полносвязный слой|полносвязная",
    "flatten": "flatten|выпрямление|вытягивание",
    "lrn": "lrn|local response normalization|local response normalisation|локальная нормализация",
    "bn": "bn|batchnorm|batch norm|batch normalization|batch normalisation|батч нормализация|батч нормализации|"
    "пакетная нормализация",
    "drop": "drop|dropout|дропаут|прореживание|исключение",
    "rbf": "rbf|рбф",
}
_ACTS = {
    "relu": "relu|rectifier|выпрямитель",
    "relu6": "relu6",
    "leaky": "leaky|leaky relu|leakyrelu|lrelu",
    "elu": "elu",
    "sigmoid": "sigmoid|logistic|сигмоида|сигмоид|логистическая",
    "tanh": "tanh|th|гиперболический тангенс",
    "stanh": "stanh|scaled tanh",
    "abstanh": "abstanh|abs tanh",
    # "Многопеременная" is what the lecture prints for AlexNet's output: softmax, mistranslated.
    "softmax": "softmax|soft max|софтмакс|многопеременная",
    "silu": "silu|swish",
    "gelu": "gelu",
    "hswish": "hswish|hard swish",
    "hsigmoid": "hsigmoid|hard sigmoid",
}
_NO_ACT = {"none", "linear", "identity", "нет", "линейная"}
KINDS = {word: kind for kind, words in _KINDS.items() for word in words.split("|")}
ACTS = {word: act for act, words in _ACTS.items() for word in words.split("|")}

_TIMES = r"[xX×хХ*]"  # Latin and Cyrillic letters, and the sign
_SIZES = re.compile(rf"\d{{1,9}}(?: ?{_TIMES} ?\d{{1,9}}){{0,3}}")


def plain(word: str) -> str:
    """A word for looking up: lower case, no parentheses, hyphens as spaces, ё as е."""
    word = re.sub(r"\([^()]*\)", " ", word.lower().replace("ё", "е"))
    return " ".join(re.sub(r"[-‑–—_]", " ", word).split())


def kind_of(word: str, line: Line) -> tuple[str, int | None]:
    """(kind, number printed behind it): ``"Convolution 1"`` -> ``("conv", 1)``; nonlinearities by their name."""
    found = plain(word)
    if found in KINDS or found in ACTS:
        return KINDS.get(found) or ACTS[found], None
    behind = re.fullmatch(r"(.*?) ?(\d{1,6})", found)
    if behind and (behind[1] in KINDS or behind[1] in ACTS):
        return KINDS.get(behind[1]) or ACTS[behind[1]], int(behind[2])
    near = did_you_mean(found, [*KINDS, *ACTS])
    raise line.error(
        f"the layer '{word[:60]}' is not known.{near} Write Input, Convolution, Pooling, Fully-connected, ReLU, "
        "Dropout, Softmax, or their Russian names"
    )


def act_of(word: str, line: Line) -> str | None:
    """The nonlinearity that a cell names, "rbf" for radial basis functions, None for none."""
    found = plain(word)
    if found in EMPTY or found in _NO_ACT:
        return None
    if KINDS.get(found) == "rbf":
        return "rbf"
    if found not in ACTS:
        near = did_you_mean(found, ACTS)
        raise line.error(f"the activation '{word[:60]}' is not known.{near} Write relu, tanh, softmax or '-'")
    return ACTS[found]


def simple(kind: str, value: str, line: Line) -> Row:
    """The row of a kind that needs no size: a nonlinearity, normalisation, dropout, global pooling, flattening."""
    if kind == "drop":
        return Drop(share(value, line) if value else 0.5)
    rows: dict[str, Row] = {"gap": Gap(), "flatten": Flatten(), "lrn": LRN(), "bn": Norm()}
    return rows.get(kind) or Act(kind)


def share(cell: str, line: Line) -> float:
    """``0.5`` or ``50%`` as a probability."""
    found = re.fullmatch(r"(\d{1,3}(?:[.,]\d{1,6})?) ?(%?)", cell)
    value = float(found[1].replace(",", ".")) / (100 if found[2] else 1) if found else -1.0
    if not 0 <= value < 1:
        raise line.error(f"'{cell[:40]}' is not a share; write a number from 0 to below 1 such as 0.5")
    return value


def whole(cell: str, line: Line, what: str) -> int:
    """A whole number of 1 or more: ``96``, ``4 096``, ``1,000``, ``3 (RGB)``."""
    found = " ".join(re.sub(r"\([^()]*\)", " ", cell).split())
    if re.fullmatch(r"\d{1,3}(?:[ ,']\d{3})+", found):
        found = re.sub(r"[ ,']", "", found)
    if not re.fullmatch(r"\d{1,9}", found) or not 1 <= int(found) <= MAX_NUMBER:
        raise line.error(f"{what} '{cell[:40]}' is not a number from 1 to {MAX_NUMBER:,}; write one such as 16")
    return int(found)


def sizes(cell: str, line: Line, what: str) -> tuple[int, ...]:
    """``3x3``, ``10 × 10``, ``400 × 400 × 3`` or one number."""
    found = " ".join(re.sub(r"\([^()]*\)", " ", cell).split())
    if not _SIZES.fullmatch(found):
        raise line.error(f"{what} '{cell[:40]}' is not a size; write it as 3x3 or 3 × 3")
    values = tuple(int(n) for n in re.findall(r"\d+", found))
    if min(values) < 1 or max(values) > MAX_NUMBER:
        raise line.error(f"{what} '{cell[:40]}' is out of bounds; write numbers from 1 to {MAX_NUMBER:,}")
    return values


def window(cell: str, line: Line, what: str) -> Size:
    """A kernel or stride: one number where both sides are equal."""
    values = sizes(cell, line, what)
    if len(values) > 2:
        raise line.error(f"{what} '{cell[:40]}' has {len(values)} numbers for a picture; write two, as 3x3")
    return values[0] if len(set(values)) == 1 else values


def pooling(kind: str, k: Size, s: Size | None, p: str | int, ceil: bool) -> Pool:
    """Maximum where the kind does not say average."""
    return Pool("avg" if kind == "avgpool" else "max", k, s, p, ceil)


def output_row(width: int, act: str | None) -> Row:
    """A fully connected row with the activation that is printed, which may be radial basis functions."""
    return RBF(width) if act == "rbf" else Fc(width, act)
