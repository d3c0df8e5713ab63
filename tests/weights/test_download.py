"""Fetching from a server that breaks off, lies, forgets and refuses; every byte that arrived is kept."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vzor.spec.errors import UserError
from vzor.weights import download
from vzor.weights.download import cache_folder, fetch

DATA = np.random.default_rng(0).bytes(300_000)
SHA = hashlib.sha256(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves DATA as ``mode`` says, and notes what was asked for."""

    daemon_threads = True
    mode = ""
    asked: list[str | None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        mode, first = self.server.mode, len(self.server.asked) == 1
        if mode == "missing":
            return self.send_error(404)
        if mode == "busy" and first:
            return self.send_error(503)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and mode != "forgets" else 0
        if start >= len(DATA):
            return self.send_error(416)
        body = DATA[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
        self.send_header("Content-Length", str(len(body)))
        if mode == "states":
            self.send_header("X-Linked-ETag", f'"{SHA}"')
        if mode == "misstates":
            self.send_header("X-Linked-ETag", f'"{"0" * 64}"')
        self.end_headers()
        if mode == "stalls":
            self.wfile.write(body[:100_000])
            while self.server.mode == "stalls":
                time.sleep(0.02)
            return
        if mode == "slow":
            for at in range(0, len(body), 30_000):
                self.wfile.write(body[at : at + 30_000])
                time.sleep(0.05)
            return
        self.wfile.write(body[: len(body) // 2] if mode == "breaks" or (mode == "breaks once" and first) else body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("VZOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.setattr(download, "CHUNK", 50_000)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.mode, made.asked = "", []  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made  # type: ignore[misc]
        made.shutdown()
        thread.join()


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/net-{SHA[:8]}.pth"


def part() -> Path:
    return cache_folder() / "net.pth.part"


@pytest.mark.parametrize(
    "digest", [("", ""), ("sha256", SHA), ("sha256", SHA[:8]), ("md5", hashlib.md5(DATA).hexdigest())]
)
def test_a_file_is_fetched_once(server: Server, digest: tuple[str, str]) -> None:
    told: list[tuple[int, int | None]] = []
    path = fetch(url(server), "net.pth", digest, lambda done, of: told.append((done, of)))
    assert path.read_bytes() == DATA and path == cache_folder() / "net.pth" and not part().exists()
    assert told == [(n, 300_000) for n in range(50_000, 300_001, 50_000)]
    assert fetch(url(server), "net.pth", digest) == path and len(server.asked) == 1


def test_a_broken_transfer_goes_on_where_it_broke(server: Server) -> None:
    server.mode = "breaks once"
    assert fetch(url(server), "net.pth", ("sha256", SHA)).read_bytes() == DATA
    assert server.asked == [None, "bytes=150000-"]


def test_what_arrived_is_kept_for_the_next_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TRIES", 1)
    server.mode = "breaks"
    with pytest.raises(
        UserError, match=r"broke off after 150,000 of 300,000 bytes.*by other means and put it at .*net\.pth"
    ):
        fetch(url(server), "net.pth")
    assert part().read_bytes() == DATA[:150_000] and not (cache_folder() / "net.pth").exists()
    server.mode = ""
    assert fetch(url(server), "net.pth", ("sha256", SHA)).read_bytes() == DATA
    assert server.asked[-1] == "bytes=150000-"


def test_a_server_that_sends_all_again_is_understood(server: Server) -> None:
    server.mode = "forgets"
    cache_folder().mkdir(parents=True)
    part().write_bytes(DATA[:1000])
    assert fetch(url(server), "net.pth", ("sha256", SHA)).read_bytes() == DATA
    assert server.asked == ["bytes=1000-"]


def test_a_part_that_is_too_long_is_begun_again(server: Server) -> None:
    cache_folder().mkdir(parents=True)
    part().write_bytes(DATA + b"more")
    assert fetch(url(server), "net.pth", ("sha256", SHA)).read_bytes() == DATA
    assert server.asked == ["bytes=300004-", None]


def test_a_busy_server_is_asked_again(server: Server) -> None:
    server.mode = "busy"
    assert fetch(url(server), "net.pth").read_bytes() == DATA and len(server.asked) == 2


def test_another_file_than_described_is_removed(server: Server) -> None:
    with pytest.raises(UserError, match=f"is not the file that its publisher describes .sha256 {SHA[:4]} and not 0123"):
        fetch(url(server), "net.pth", ("sha256", "0123"))
    assert not part().exists() and not (cache_folder() / "net.pth").exists()
    path = fetch(url(server), "net.pth")
    path.write_bytes(DATA[:-1] + b"?")  # damaged where it lies
    with pytest.raises(UserError, match="it was removed; try again"):
        fetch(url(server), "net.pth", ("sha256", SHA))
    assert fetch(url(server), "net.pth", ("sha256", SHA)).read_bytes() == DATA


def test_the_hash_that_the_server_states_is_checked_too(server: Server) -> None:
    server.mode = "states"
    assert fetch(url(server), "net.pth").read_bytes() == DATA
    server.mode = "misstates"
    with pytest.raises(UserError, match="is not the file"):
        fetch(url(server), "other.pth")


def test_no_such_file_and_no_network(server: Server) -> None:
    server.mode = "missing"
    with pytest.raises(UserError, match=r"answers 404 .* put it at "):
        fetch(url(server), "net.pth")
    assert len(server.asked) == 1  # there is no use in asking again
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9/net\.pth cannot be reached .* put it at .*net\.pth\.$"):
        fetch("http://127.0.0.1:9/net.pth", "net.pth")
    with pytest.raises(UserError, match="no address of the web"):
        fetch("file:///etc/passwd", "net.pth")


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VZOR_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"cannot be written .* VZOR_CACHE"):
        fetch(url(server), "net.pth")


#: Fetches; with a second word as a system does that has no locks of its own.
FETCH = """
import hashlib, sys
from vzor.weights import download
download.CHUNK = 10_000
if sys.argv[3] == "files":
    download.fcntl = None
print("begun", flush=True)
path = download.fetch(sys.argv[1], "net.pth", ("sha256", sys.argv[2]))
print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


def started(server: Server, how: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", FETCH, url(server), SHA, how]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", ["system", "files"])
def test_two_processes_fetch_a_file_once(server: Server, how: str) -> None:
    server.mode = "slow"
    both = [started(server, how) for _ in range(2)]
    assert [one.communicate(timeout=60)[0].split() for one in both] == [["begun", SHA]] * 2
    assert server.asked == [None]
    assert sorted(path.name for path in cache_folder().iterdir()) == ["net.pth"]


def test_what_a_killed_process_left_is_gone_on_with(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's lock at once, and without when the file that is the lock has not changed for long."""
    for how in ("system", "files"):
        server.mode = "stalls"
        one = started(server, how)
        while not (part().exists() and part().stat().st_size):
            time.sleep(0.01)
        one.kill()
        one.communicate()
        server.mode = ""
        have = part().stat().st_size
        if how == "files":
            monkeypatch.setattr(download, "fcntl", None)
            long_ago = time.time() - 2 * download.STALE
            for path in (part(), cache_folder() / "net.pth.lock"):
                os.utime(path, (long_ago, long_ago))
        path = fetch(url(server), "net.pth", ("sha256", SHA))
        assert path.read_bytes() == DATA and 0 < have < 300_000 and server.asked[-1] == f"bytes={have}-"
        assert sorted(each.name for each in cache_folder().iterdir()) == ["net.pth"]
        path.unlink()
