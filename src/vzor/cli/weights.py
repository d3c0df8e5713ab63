"""`vzor weights`: what is published, what a file holds, and weights under the names of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzor.cli.command import Json, Naming, class_names
from vzor.cli.screen import as_warnings, columns, emit, fetching, remark, say, writing
from vzor.spec.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from vzor.api.contents import Contents
    from vzor.api.published import Weights

#: Tensors that are shown without --all.
SHOWN = 12
#: Digits of a hash that are shown.
DIGITS = 12


def run(
    what: Annotated[
        str | None, typer.Argument(metavar="WHAT", help="A file of weights, a run, or a network's name.")
    ] = None,
    entry: Annotated[
        str | None, typer.Argument(metavar="SET", help="One of a network's sets, such as timm/a1_in1k. [the best]")
    ] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch a network's set, and print where it lies.")] = False,
    export: Annotated[
        str | None,
        typer.Option(metavar="FORM", help="Write under the names of torchvision, timm, …; vzor; or hub, a folder."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="PATH", help="The file or folder that --export writes.")] = None,
    network: Annotated[
        str | None, typer.Option(metavar="NETWORK", help="Whose weights a file of others is, for --export.")
    ] = None,
    classes: Naming = None,
    every: Annotated[bool, typer.Option("--all", help="Show all tensors of a file.")] = False,
    json: Json = False,
) -> None:
    """List published weights, show what a file of weights holds, or write weights under the names of others.

    Alone: the networks that have published weights. With a network: its sets. With a file in any format, or a run:
    its tensors, and which networks it fits. No code in a file is run.
    """
    from vzor.zoo.index import ZOO

    _agree(what, fetch, export, out, {"--network": network, "--classes": classes})
    if what is None:
        overview(json)
        return
    named = what in ZOO and not Path(what).exists()
    if not named and not Path(what).expanduser().exists():
        guess = did_you_mean(what, ZOO)
        raise UserError(f"There is no file and no network '{what}'.{guess} Give a path, or a name from `vzor list`.")
    if entry is not None and not named:
        raise UserError(f"'{entry}' is one word too many: {what} is no network's name; leave it out.")
    if export is not None and out is not None:
        write(what, entry, named, export, out, network, classes, json)
    elif fetch and not named:
        raise UserError(f"{what} is no network's name, and is here already; leave --fetch out.")
    elif fetch:
        get(what, entry, json)
    elif named:
        sets(what, entry, json)
    else:
        inside(what, every, json)


def _agree(what: str | None, fetch: bool, export: str | None, out: Path | None, of_export: dict[str, Any]) -> None:
    """UserError for options that do not go together."""
    if what is None and (fetch or export is not None):
        raise UserError("WHAT is missing; write `vzor weights WHAT`, such as `vzor weights resnet50 --fetch`.")
    if fetch and export is not None:
        raise UserError("--fetch and --export are two things; give one of them (--export fetches what it needs).")
    if export is not None and out is None:
        raise UserError("--out is missing; name the file or folder that --export is to write.")
    given = {"--out": out, **of_export}
    for option, value in given.items():
        if value is not None and export is None:
            raise UserError(f"{option} is for --export; leave it out, or add --export torchvision.")


# --- published sets ---------------------------------------------------------------------------


def overview(json: bool) -> None:
    """Every network that has published weights, with its best set."""
    from vzor.api.published import published
    from vzor.zoo.index import networks

    found = {name: known for name in networks() if (known := published(name))}
    if json:
        emit([{"network": name, "sets": [one.id for one in known]} for name, known in found.items()])
        return
    rows = [[name, str(len(known)), known[0].id, _per_cent(known[0].top1)] for name, known in found.items()]
    columns(["network", "sets", "best", "top-1"], rows, "lrlr")
    say()
    count = sum(map(len, found.values()))
    say(f"{count} sets of {len(found)} networks; `vzor weights NETWORK` lists a network's.")


def sets(network: str, entry: str | None, json: bool) -> None:
    """The sets of a network, or all about one."""
    from vzor.api.published import published

    if entry is not None:
        one = _pick(network, entry)
        if json:
            emit(one.to_dict())
        else:
            facts(one)
        return
    known = published(network)
    if json:
        emit([one.to_dict() for one in known])
        return
    if not known:
        say(f"No published weights of {network} are known; `vzor weights` lists the networks that have some.")
        return
    rows = []
    for one in known:
        size = f"{one.megabytes:.1f}" if one.megabytes else "–"
        cells = [one.id, _per_cent(one.top1), one.prepared, size, _hash(one), one.licence]
        rows.append([*cells, "here" if one.path.is_file() else ""])
    columns(["set", "top-1", "pictures", "MB", "hash", "licence", ""], rows, "lrlr")
    say()
    say(f"`vzor weights {network} SET` shows all about one, with --fetch fetches it; weights=SET takes it anywhere.")


def facts(one: Weights) -> None:
    """All about one set."""
    pre = one.preprocess
    lines = [
        ("accuracy", ", ".join(f"{name} {value:g} %" for name, value in one.meta["accuracy"].items()) or "not stated"),
        ("", f"({one.protocol})"),
        ("classes", f"{len(one.meta['categories']):,}, {one.classes}"),
        ("pictures", one.prepared),
        ("mean, std", f"{_numbers(pre.mean)}; {_numbers(pre.std)} of full scale"),
        ("licence", one.licence),
        ("address", one.url),
        ("hash", f"{one.hash} ({len(one.digest[1])} digits)" if one.hash else "none stated"),
        ("size", f"{one.megabytes:g} MB" if one.megabytes else "not stated"),
        ("file", f"{one.path}{' (here)' if one.path.is_file() else ' (not fetched)'}"),
        ("note", one.note),
    ]
    say(f"{one.network} {one.id}")
    for label, text in lines:
        if text:
            say(f"  {label:<9}  {text}")


def get(network: str, entry: str | None, json: bool) -> None:
    """Fetch a set, and print where it lies."""
    one = _pick(network, entry)
    with fetching(one.file) as watch:
        path = one.fetch(watch)
    if json:
        emit(one.to_dict())
    else:
        say(str(path))


def _pick(network: str, entry: str | None) -> Weights:
    from vzor.api.published import own
    from vzor.weights.catalogue import pick

    return own(pick(network, entry))


def _per_cent(value: float) -> str:
    return f"{value:.2f}" if value else "–"


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.4g}" for value in values)


def _hash(one: Weights) -> str:
    kind, digits = one.digest
    return f"{kind} {digits[:DIGITS]}{'…' if len(digits) > DIGITS else ''}" if digits else "–"


# --- files ------------------------------------------------------------------------------------


def inside(path: str, every: bool, json: bool) -> None:
    """What a file holds, and which networks it fits."""
    from vzor.api.contents import look_into

    found = look_into(path)
    if json:
        emit(found.to_dict())
        return
    file = found.file
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.kinds.items())
    say(f"{file.path}: {file.format}, {found.bytes / 1e6:,.2f} MB")
    lines = [("tensors", f"{len(file.stored):,}"), ("numbers", kinds), *file.facts, *_own(found)]
    lines += [(key, _short(text)) for key, text in file.meta.items() if key != "vzor"]
    lines += [("published", f"as {one.id} of {one.network}, {one.licence}") for one in found.published]
    wide = max(len(label) for label, _ in lines)
    for label, text in lines:
        say(f"  {label:<{wide}}  {text}")
    say()
    tensors(found, every)
    say()
    fits(found)


def _own(found: Contents) -> list[tuple[str, str]]:
    """What a checkpoint of ours says of itself."""
    meta = found.meta
    if not meta:
        return []
    classes = [str(name) for name in meta.get("classes") or ()]
    more = ", …" if len(classes) > 8 else ""
    scores = [f"{name} {value:.4f}" for name, value in (meta.get("metrics") or {}).items()]
    lines = [
        ("network", str(meta.get("network") or "")),
        ("task", str((meta.get("task") or {}).get("name", ""))),
        ("classes", f"{len(classes):,}: {', '.join(classes[:8])}{more}" if classes else ""),
        ("metrics", ", ".join(scores)),
        ("written by", f"vzor {meta['vzor']}" if meta.get("vzor") else ""),
    ]
    return [(label, text) for label, text in lines if text]


def tensors(found: Contents, every: bool) -> None:
    """Names, shapes and kinds, the first of them or all."""
    from vzor.spec.row import text
    from vzor.weights.keys.rules import COUNTER

    # A file may have the many counters of steps before what one wants to see.
    stored = sorted(found.file.stored.items(), key=lambda item: item[0].endswith(COUNTER))
    shown = stored if every else stored[:SHOWN]
    rows = [[name, text(tensor.shape) or "one number", tensor.dtype] for name, tensor in shown]
    columns(["tensor", "shape", "kind"], rows)
    if len(shown) < len(stored):
        say(f"… and {len(stored) - len(shown):,} more; --all shows them.")


def fits(found: Contents) -> None:
    """Networks, with the reason of their order."""
    if not found.fits:
        say("It fits none of vzor's networks as a whole.")
        return
    say("It fits:")
    rows = []
    for fit in found.fits:
        whose = ", ".join("vzor's own" if name == "vzor" else name for name in fit.publishers)
        rows.append([f"  {fit.network}", f"{fit.classes:,}" if fit.classes else "–", whose or "–", fit.why])
    columns(["  network", "classes", "names", "because"], rows, "lrll")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


# --- export -----------------------------------------------------------------------------------


def write(
    what: str,
    entry: str | None,
    named: bool,
    form: str,
    out: Path,
    network: str | None,
    classes: str | None,
    json: bool,
) -> None:
    """Weights from anywhere, under the names that ``form`` means."""
    from vzor.api.export import HUB, check, export
    from vzor.api.load import load

    check(form, out)
    if network is not None and named:
        raise UserError(f"{what} is a network already; leave --network out.")
    if out.exists() and Path(what).exists() and out.resolve() == Path(what).resolve():
        raise UserError(f"{out} is what is read; give --out another place.")
    names = class_names(classes)
    with as_warnings(shown=form in (HUB, "vzor")), fetching(what) as watch:
        if named:
            one = _pick(what, entry)
            model = load(what, weights=one.id, classes=names, progress=watch)
        elif network is not None:
            model = load(network, weights=what, classes=names)
        else:
            _ours(what, classes)
            model = load(what)
    with writing(out):
        path = export(model, form, out)
    if json:
        emit({"network": model.name, "form": form, "written": path, "tensors": len(model.net.state_dict())})
    else:
        say(str(path))
        remark(f"Written: {model.name}, {len(model.net.state_dict()):,} tensors, as {form}")


def _ours(path: str, classes: str | None) -> None:
    """UserError for a file of others, naming the networks that it fits."""
    from vzor.api.contents import look_into
    from vzor.api.weights import find_weights

    if find_weights(path).meta:
        if classes is not None:
            raise UserError(f"{path} names its classes itself; leave --classes out.")
        return
    fits = look_into(path).fits
    likely = f"such as --network {fits[0].network}, which it fits" if fits else "with --network"
    raise UserError(f"{path} does not say which network it is of; say it, {likely}.")
