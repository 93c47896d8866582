"""A small replica of the Hugging Face Hub on loopback: the endpoints that `datasets` calls, with repositories of ours.

    with Replica() as hub:
        hub.add("nyu-mll/glue", {"README.md": b"...", "mnli/train-00000.parquet": b"..."})
        environment = {"HF_ENDPOINT": hub.url, "HF_HOME": "..."}

Which endpoints and headers these are was found by logging what the real client asks for (`Replica.requests`).
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

MAIN = "main"


@dataclass
class Repository:
    """Files of each revision; a commit is a hash of them unless it is given. `gated`: a token opens it."""

    revisions: dict[str, dict[str, bytes]] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)
    gated: bool = False

    def find(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Commit and files of a branch or commit."""
        for name, files in self.revisions.items():
            if revision in (name, self.commits[name]):
                return self.commits[name], files
        return None


class Replica:
    """The server. `requests` holds "METHOD path" of everything that was asked for."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        replica = self

        class Bound(Handler):
            hub = replica

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "Replica":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add(
        self, repo: str, files: Mapping[str, bytes], revision: str = MAIN, commit: str = "", gated: bool = False
    ) -> None:
        """Files of a revision, added to those it has."""
        repository = self.repositories.setdefault(repo, Repository())
        known = repository.revisions.setdefault(revision, {})
        known.update(files)
        text = repr((repo, revision, sorted(known.items()))).encode()
        repository.commits[revision] = commit or hashlib.sha1(text).hexdigest()
        repository.gated = gated


class Handler(BaseHTTPRequestHandler):
    """One request."""

    hub: Replica
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Kept in `requests` instead."""

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def answer(self, body: bytes = b"") -> None:
        """Files under /datasets/<repo>/resolve, the rest under /api/datasets/<repo>; models without /datasets."""
        self.hub.requests.append(f"{self.command} {self.path}")
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        if parts[:2] == ["api", "models"]:
            parts[1] = "datasets"
        elif len(parts) > 4 and parts[2] == "resolve":
            parts.insert(0, "datasets")
        if parts[0] == "datasets" and len(parts) > 5 and parts[3] == "resolve":
            self.serve("/".join(parts[1:3]), parts[4], "/".join(parts[5:]), self.file)
        elif parts[:2] == ["api", "datasets"] and len(parts) > 3:
            what, revision = (*parts[4:6], "", "")[:2] if len(parts) > 5 else ("revision", MAIN)
            self.serve("/".join(parts[2:4]), revision, "/".join(parts[6:]), {"tree": self.tree}.get(what, self.info))
        else:
            self.refuse(404, "", f"no such path: {self.path}")

    def serve(self, repo: str, revision: str, path: str, answer: Any) -> None:
        """Answer for a repository that is there, open, and has the revision."""
        repository = self.hub.repositories.get(repo)
        if repository is None:  # told so even to those who have no token
            return self.refuse(401, "RepoNotFound", "Repository not found")
        if repository.gated and self.headers.get("Authorization") != "Bearer hf_good":
            code = 403 if self.headers.get("Authorization") else 401
            return self.refuse(code, "GatedRepo", f"Access to dataset {repo} is restricted")
        found = repository.find(revision)
        if found is None:
            return self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        answer(repo, *found, path)

    def file(self, repo: str, commit: str, files: Mapping[str, bytes], path: str) -> None:
        """Content of a file."""
        if path not in files:
            return self.refuse(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
        content = files[path]
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": commit}
        self.send(200, content, headers | {"X-Linked-Size": str(len(content)), "Accept-Ranges": "none"})

    def info(self, repo: str, commit: str, files: Mapping[str, bytes], path: str) -> None:
        """The repository at a revision."""
        siblings = [{"rfilename": name} for name in sorted(files)]
        self.send_json({"_id": "0", "id": repo, "sha": commit, "private": False, "gated": False, "siblings": siblings})

    def tree(self, repo: str, commit: str, files: Mapping[str, bytes], path: str) -> None:
        """Files below a folder, and the folders above them."""
        inside = {name: content for name, content in files.items() if not path or name.startswith(f"{path}/")}
        if path and not inside:
            return self.refuse(404, "EntryNotFound", f"{path} does not exist")
        folders = {name.rsplit("/", depth)[0] for name in inside for depth in range(1, name.count("/") + 1)}
        listed = [{"type": "directory", "oid": "0", "size": 0, "path": name} for name in sorted(folders - {path})]
        for name, content in sorted(inside.items()):
            oid = hashlib.sha1(content).hexdigest()
            listed.append({"type": "file", "oid": oid, "size": len(content), "path": name})
        self.send_json(listed)

    def refuse(self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        """An error as the Hub tells it: in headers."""
        own = {"X-Error-Code": code, "X-Error-Message": text} if code else {}
        self.send(status, json.dumps({"error": text}).encode(), {**own, **(headers or {})})

    def send_json(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        """Status, headers and, but for HEAD, the content."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
