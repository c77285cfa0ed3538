"""Servers on this machine: files with ranges, a hub of datasets, and a repository of git."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Served:
    """What a server has, by path; ``asked`` are the paths and ranges that it was asked for.

    ``cut`` is after how many bytes it breaks off its next answer.
    """

    content: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    cut: int | None = None
    address: str = ""

    def json(self, path: str, data: Any) -> None:
        """Serve data at a path."""
        self.content[path] = json.dumps(data).encode()


def handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            span = self.headers.get("Range", "")
            served.asked.append((path, span))
            content = served.content.get(path)
            if content is None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            begin = int(span.removeprefix("bytes=").partition("-")[0]) if span else 0
            self.send_response((206 if begin < len(content) else 416) if span else 200)
            body = content[begin:]
            self.send_header("Content-Length", str(len(body)))
            for name, value in served.headers.get(path, {}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body[: served.cut])
                if served.cut is not None:
                    served.cut = None
                    self.close_connection = True

    return Handler


@contextmanager
def serving() -> Iterator[Served]:
    """Give what is served on a port of this machine."""
    served = Served()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(served))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    served.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def serve_dataset(
    served: Served,
    dataset: str,
    files: Mapping[str, bytes],
    *,
    branch: str = "main",
    card: Mapping[str, Any] | None = None,
) -> None:
    """Answer as the Hugging Face hub does for a dataset; Parquet files as those of Git LFS."""
    siblings = [{"rfilename": name} for name in files]
    facts = {"id": dataset, "sha": COMMIT, "siblings": siblings, "cardData": dict(card or {}), "tags": []}
    served.json(f"/api/datasets/{dataset}", facts)
    for revision in (branch, COMMIT):
        served.json(f"/api/datasets/{dataset}/revision/{revision}", facts)
    tree = [_entry(name, content) for name, content in files.items()]
    served.json(f"/api/datasets/{dataset}/tree/{COMMIT}", tree)
    for entry, content in zip(tree, files.values(), strict=True):
        path = f"/datasets/{dataset}/resolve/{COMMIT}/{entry['path']}"
        served.content[path] = content
        etag = entry["lfs"]["oid"] if "lfs" in entry else entry["oid"]
        served.headers[path] = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}


def _entry(name: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    entry = {"type": "file", "path": name, "size": len(content), "oid": blob}
    if name.endswith(".parquet"):
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return entry


def git_repository(folder: Path, files: Mapping[str, bytes]) -> str:
    """Make a repository with one commit of some files, and return the commit."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    who = ("-c", "user.name=A. Tester", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "files")):
        _git(*who, "-C", str(folder), *words)
    return _git("-C", str(folder), "rev-parse", "HEAD").strip()


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout  # noqa: S607
