"""Files fetched once: resumed where they broke off, checked against the publisher's hash, kept in one folder."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from vzor.spec.errors import UserError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from http.client import HTTPResponse

CHUNK = 1 << 20
TIMEOUT = 30  # seconds without an answer
TRIES = 4
STALE = 120  # seconds after which a lock file that nobody feeds is one that a killed process left
POLL = 0.2  # seconds between looks at such a file
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

    What arrives is kept beside it as ``.part`` and gone on with the next time; of several processes that want the
    file one fetches it, and the others wait.  ``digest`` is (kind of hash, its first hexadecimal digits).  Raises
    UserError where there is no network, no such file, no room, or another hash; the sentence says where to put the
    file by hand.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise UserError(f"'{url}' is no address of the web; give one that begins with https://.")
    folder = cache_folder()
    path = folder / file
    if not path.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(folder / f"{file}.lock", folder / f"{file}.part"):
                if not path.is_file():
                    return _fetched(url, path, folder / f"{file}.part", digest, progress)
        except UserError:
            raise
        except OSError as error:
            raise UserError(
                f"{path} cannot be written ({error.strerror or error}); make room, or set VZOR_CACHE."
            ) from None
    _check(path, digest, url)
    return path


def _fetched(url: str, path: Path, part: Path, digest: tuple[str, str], progress: Progress | None) -> Path:
    """Fetch ``part``, check it, and give it its name."""
    by_hand = f"fetch {url} by other means and put it at {path}."
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
    _check(part, digest if digest[1] else ("sha256", told), url)
    os.replace(part, path)
    return path


@contextmanager
def _alone(lock: Path, part: Path) -> Iterator[None]:
    """Let one process at a time at ``part``.

    The system's own lock is gone with its process.  Where there is none, the file itself is the lock, and counts for
    nothing once neither it nor ``part`` has changed for a while.
    """
    while True:
        try:
            handle = os.open(lock, os.O_CREAT | os.O_RDWR | (0 if fcntl else os.O_EXCL))
        except FileExistsError:
            _wait(lock, part)
            continue
        try:
            if fcntl:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if not _same(handle, lock):  # who had it has removed it: what we hold is nobody's lock
                    continue
            try:
                yield
            finally:
                if fcntl:
                    lock.unlink(missing_ok=True)
            return
        finally:
            os.close(handle)
            if not fcntl:  # only closed files can be removed there
                lock.unlink(missing_ok=True)


def _same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _wait(lock: Path, part: Path) -> None:
    """Until the next look at a lock file; one that was left behind is removed."""
    changed = 0.0
    for file in (lock, part):
        with suppress(FileNotFoundError):
            changed = max(changed, file.stat().st_mtime)
    if changed and time.time() - changed > STALE:
        lock.unlink(missing_ok=True)
    else:
        time.sleep(POLL)


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
