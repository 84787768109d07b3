"""The web pages: built by `make web` from `web/` into `built/`, and served from memory by the API.

Every address that is not the API's is a page: one HTML file, whose script draws what the address
names. Files under `/assets/` carry a hash of their content in their name and may be kept for ever.
"""

import gzip
import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from earnest.kit.settings import Network, Settings

# What the API and the probes answer; everything else is a page.
_NOT_PAGES: Final = ("/api", "/media", "/healthz", "/readyz", "/metrics")
# The first part of every address that the pages know. Another one is drawn too, as not found.
_FACES: Final = frozenset({"", "work", "hire", "admin", "account", "inbox", "people"})
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_FIRST: Final = "no-cache"
_DEMO_WALLET: Final = "/demo-wallet.js"
_DEMO_MARK: Final = b"<!-- demo-wallet -->"
_NOT_BUILT: Final = (
    b"Earnest runs, and its pages are not built.\n"
    b"`make web` builds them (it needs Node), then start it again.\n"
    b"The API works without them: /api/docs\n"
)

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class _File:
    """One built file: its bytes as they are and, where that is smaller, compressed."""

    kind: str
    cache: str
    plain: bytes
    packed: dict[str, bytes]
    etag: str


def _read_folder(folder: Traversable, path: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for item in folder.iterdir():
        if item.name.startswith("."):
            continue
        if item.is_dir():
            found |= _read_folder(item, f"{path}/{item.name}")
        else:
            found[f"{path}/{item.name}"] = item.read_bytes()
    return found


def _as_file(path: str, bodies: dict[str, bytes]) -> _File:
    body = bodies[path]
    packed = {
        encoding: bodies[path + ending]
        for encoding, ending in (("br", ".br"), ("gzip", ".gz"))
        if path + ending in bodies
    }
    return _File(
        kind=_TYPES.get(path[path.rfind(".") :], "application/octet-stream"),
        cache=_FOREVER if path.startswith("/assets/") else _ASK_FIRST,
        plain=body,
        packed=packed,
        etag=hashlib.sha256(body).hexdigest()[:24],
    )


def _read_built(settings: Settings, folder: Traversable) -> dict[str, _File]:
    """What there is to serve, by path; nothing when the pages are not built."""
    if not folder.joinpath("index.html").is_file():
        return {}
    bodies = _read_folder(folder)
    local = settings.network is Network.LOCAL and _DEMO_WALLET in bodies
    if not local:
        # Its keys are worth nothing; where money is worth something it is not even there.
        bodies = {path: body for path, body in bodies.items() if not path.startswith(_DEMO_WALLET)}
    script = f'<script src="{_DEMO_WALLET}"></script>'.encode() if local else b""
    page = bodies["/index.html"].replace(_DEMO_MARK, script)
    bodies |= {"/index.html": page, "/index.html.gz": gzip.compress(page, mtime=0)}
    return {path: _as_file(path, bodies) for path in bodies if not path.endswith((".br", ".gz"))}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def store_origin(settings: Settings) -> str:
    """Where browsers upload to."""
    if endpoint := settings.s3_public_endpoint or settings.s3_endpoint:
        return _origin(endpoint)
    return f"https://{settings.s3_bucket}.s3.{settings.s3_region}.amazonaws.com"


def local_chains(settings: Settings) -> list[str]:
    """The nodes that the demo wallet speaks to: on local chains alone."""
    if settings.network is not Network.LOCAL:
        return []
    return [url for url in (*settings.rpc_urls[:1], settings.stacks_api_url) if url]


def policy(settings: Settings) -> str:
    """The Content-Security-Policy of the pages: nothing inline, nothing of others."""
    store = store_origin(settings)
    pictures = ["'self'", "blob:", *([_origin(settings.cdn_url)] if settings.cdn_url else [])]
    speaks_to = ["'self'", store, *(_origin(url) for url in local_chains(settings))]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            f"img-src {' '.join(pictures)}",
            f"connect-src {' '.join(dict.fromkeys(speaks_to))}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class Pages:
    """An ASGI application before another one: answers what is a page, hands on what is not.

    `built` is the folder of the pages, the package's own unless another is given.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, *, built: Traversable | None = None
    ) -> None:
        self.app = app
        packaged = resources.files("earnest.run").joinpath("web", "built")
        self._files = _read_built(settings, built or packaged)
        self._headers: Headers = [
            (b"content-security-policy", policy(settings).encode()),
            # A wallet's own window may still speak to the page that opened it.
            (b"cross-origin-opener-policy", b"same-origin-allow-popups"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self)"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])
        if any(path == own or path.startswith(f"{own}/") for own in _NOT_PAGES):
            await self.app(scope, receive, send)
            return
        asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not self._files:
            if path == "/":
                await self._answer(scope["method"], send, 200, _plain_headers(), _NOT_BUILT)
                return
        elif (file := self._files.get(path)) is not None and path != "/index.html":
            await self._send_file(scope["method"], send, 200, file, asked)
            return
        elif path.split("/", 2)[1] in _FACES:
            await self._send_file(scope["method"], send, 200, self._files["/index.html"], asked)
            return
        elif "text/html" in asked.get(b"accept", ""):
            await self._send_file(scope["method"], send, 404, self._files["/index.html"], asked)
            return
        await self.app(scope, receive, send)

    async def _send_file(
        self, method: str, send: Send, status: int, file: _File, asked: dict[bytes, str]
    ) -> None:
        offered = {
            part.split(";")[0].strip() for part in asked.get(b"accept-encoding", "").split(",")
        }
        encoding = next((name for name in file.packed if name in offered), "")
        etag = f'"{file.etag}{"-" if encoding else ""}{encoding}"'
        headers: Headers = [
            (b"content-type", file.kind.encode()),
            (b"cache-control", file.cache.encode()),
            (b"etag", etag.encode()),
            (b"vary", b"accept-encoding"),
            *self._headers,
        ]
        if status == 200 and etag in asked.get(b"if-none-match", ""):
            await self._answer(method, send, 304, headers, b"")
            return
        if encoding:
            headers.append((b"content-encoding", encoding.encode()))
        await self._answer(method, send, status, headers, file.packed.get(encoding, file.plain))

    async def _answer(
        self, method: str, send: Send, status: int, headers: Headers, body: bytes
    ) -> None:
        if status != 304:
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if method == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})


def _plain_headers() -> Headers:
    return [(b"content-type", _TYPES[".txt"].encode()), (b"cache-control", b"no-store")]
