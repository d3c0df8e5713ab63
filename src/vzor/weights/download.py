"""Files fetched once: resumed where they broke off, checked against the publisher's hash, kept in one folder."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from vzor.spec.errors import UserError

if TYPE_CHECKING:
    from http.client import HTTPResponse

CHUNK = 1 << 20
TIMEOUT = 30  # seconds without an answer
TRIES = 4
PAUSE = 0.5  # seconds before the second try, doubled for every further one
FULL = {"sha256": 64, "md5": 32, "sha1": 40}

#: Told how many bytes there are, and of how many (None: not known).
Progress = Callable[[int, int | None], object]


def cache_folder() -> Path:
    """Where fetched weights are kept: ``$VZOR_CACHE``, else ``vzor`` in the user's folder for caches."""
    own = os.environ.get("VZOR_CACHE")
    if own:
        return Path(own).expanduser() / "weights"
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    return Path(home).expanduser() / "vzor" / "weights"


def fetch(url: str, file: str, digest: tuple[str, str] = ("", ""), progress: Progress | None = None) -> Path:
    """The path of ``file`` in the cache, fetched from ``url`` unless it is there.

    What arrives is kept beside it as ``.part`` and gone on with the next time.  ``digest`` is (kind of hash, its
    first hexadecimal digits).  Raises UserError where there is no network, no such file, no room, or another hash;
    the sentence says where to put the file by hand.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise UserError(f"'{url}' is no address of the web; give one that begins with https://.")
    folder = cache_folder()
    path, part = folder / file, folder / f"{file}.part"
    if path.is_file():
        _check(path, digest, url)
        return path
    by_hand = f"fetch {url} by other means and put it at {path}."
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(TRIES):
            try:
                told = _go_on(url, part, progress)
                break
            except HTTPError as error:
                if error.code == 416 and part.exists():  # more is there than the file has: begin again
                    part.unlink()
                elif error.code < 500 and error.code not in (408, 429):
                    raise UserError(f"{url} answers {error.code} ({error.reason}); {by_hand}") from None
                elif attempt == TRIES - 1:
                    raise UserError(f"{url} answers {error.code} ({error.reason}) again and again; {by_hand}") from None
            except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
                if attempt == TRIES - 1:
                    reason = getattr(error, "reason", error)
                    raise UserError(f"{url} cannot be reached ({reason}); {by_hand}") from None
            time.sleep(PAUSE * 2**attempt)
        else:
            raise UserError(f"{url} did not arrive whole; {by_hand}")
    except UserError:
        raise
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}); make room, or set VZOR_CACHE."
        ) from None
    _check(part, digest if digest[1] else ("sha256", told), url)
    os.replace(part, path)
    return path


def _go_on(url: str, part: Path, progress: Progress | None) -> str:
    """Fetch what ``part`` lacks.  Returns the sha256 that the server itself states, if it does."""
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"User-Agent": "vzor", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urlopen(request, timeout=TIMEOUT) as answer:
        resumed = answer.status == 206 and _begins(answer) == have
        if answer.status == 206 and not resumed:
            raise HTTPException("the server sent another part than was asked for")
        size = answer.headers.get("Content-Length")
        total = int(size) + (have if resumed else 0) if size and size.isdigit() else None
        with part.open("ab" if resumed else "wb") as file:
            _copy(answer, file, have if resumed else 0, total, progress)
        told = (answer.headers.get("X-Linked-ETag") or "").strip('"')
    return told if re.fullmatch(r"[0-9a-f]{64}", told) else ""


def _begins(answer: HTTPResponse) -> int | None:
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range") or "")
    return int(match[1]) if match else None


def _copy(answer: HTTPResponse, file: IO[bytes], have: int, total: int | None, progress: Progress | None) -> None:
    while chunk := answer.read(CHUNK):
        file.write(chunk)
        have += len(chunk)
        if progress:
            progress(have, total)
    if total is not None and have < total:
        raise HTTPException(f"it broke off after {have:,} of {total:,} bytes")


def agrees(path: Path, digest: tuple[str, str]) -> bool:
    """Whether a file has the hash that its publisher states, of which only the first digits may be known."""
    kind, wanted = digest
    return not wanted or _digest(path, kind).startswith(wanted)


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _check(path: Path, digest: tuple[str, str], url: str) -> None:
    """Refuse, and remove, a file of another hash."""
    kind, wanted = digest
    if agrees(path, digest):
        return
    name, found = path.name.removesuffix(".part"), _digest(path, kind)[: len(wanted)]
    path.unlink()
    raise UserError(
        f"{name} is not the file that its publisher describes ({kind} {found} and not {wanted}); it was removed; "
        f"try again, or fetch {url} by other means."
    )
