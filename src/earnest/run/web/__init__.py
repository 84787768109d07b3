"""The web pages: built by `make web` from `web/` into `built/`, and served from memory by the API.

Every address that is not the API's is a page: one HTML file, whose script draws what the address
names, told what that address needs (`shell.py`). Files under `/assets/` carry a hash of their
content in their name and may be kept for ever.
"""

import gzip
import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final
from urllib.parse import urlsplit

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from earnest.kit.settings import Network, Settings
from earnest.run.web.shell import Places, Shell, read_language
from earnest.run.web.site import describe

# What the API and the probes answer; everything else is a page.
_NOT_PAGES: Final = ("/api", "/media", "/healthz", "/readyz", "/metrics")
# The first part of every address that the pages know. Another one is drawn too, as not found.
_FACES: Final = frozenset(
    {"", "work", "hire", "admin", "account", "inbox", "people", "proof", "fees", "states"}
)
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
_INDEX: Final = "/index.html"
_PLACES: Final = "/places.json"
# It stands in the way of the first paint, and the page names it by what is in it.
_EARLY: Final = "/early.js"
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
    vary: bytes


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


def _as_file(path: str, body: bytes, packed: dict[str, bytes], vary: bytes) -> _File:
    return _File(
        kind=_TYPES.get(path[path.rfind(".") :], "application/octet-stream"),
        cache=_FOREVER if path.startswith("/assets/") else _ASK_FIRST,
        plain=body,
        packed=packed,
        etag=hashlib.sha256(body).hexdigest()[:24],
        vary=vary,
    )


def _read_files(bodies: dict[str, bytes]) -> dict[str, _File]:
    """What is sent as it was built, by path."""
    return {
        path: _as_file(
            path,
            body,
            {
                encoding: bodies[path + ending]
                for encoding, ending in (("br", ".br"), ("gzip", ".gz"))
                if path + ending in bodies
            },
            b"accept-encoding",
        )
        for path, body in bodies.items()
        if not path.endswith((".br", ".gz")) and path not in (_INDEX, _PLACES)
    }


def _name_by_content(bodies: dict[str, bytes], path: str) -> str:
    """Gives a file a second name that it may be kept under for ever."""
    stem, _, ending = path.rpartition(".")
    named = f"/assets{stem}-{hashlib.sha256(bodies[path]).hexdigest()[:12]}.{ending}"
    for packed in ("", ".br", ".gz"):
        if path + packed in bodies:
            bodies[named + packed] = bodies[path + packed]
    return named


def _read_shell(settings: Settings, bodies: dict[str, bytes]) -> Shell:
    page = bodies[_INDEX]
    script = f'<script src="{_DEMO_WALLET}"></script>' if _DEMO_WALLET in bodies else ""
    page = page.replace(_DEMO_MARK, script.encode())
    if _EARLY in bodies:
        page = page.replace(_EARLY.encode(), _name_by_content(bodies, _EARLY).encode())
    places = msgspec.json.decode(bodies.get(_PLACES, b"{}"), type=Places)
    return Shell(page, places, msgspec.json.encode(describe(settings)))


def _read_built(settings: Settings, folder: Traversable) -> dict[str, bytes]:
    """What was built, by path; nothing when the pages are not."""
    if not folder.joinpath("index.html").is_file():
        return {}
    bodies = _read_folder(folder)
    if settings.network is not Network.LOCAL:
        # Its keys are worth nothing; where money is worth something it is not even there.
        bodies = {path: body for path, body in bodies.items() if not path.startswith(_DEMO_WALLET)}
    return bodies


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
        bodies = _read_built(settings, built or packaged)
        self._shell = _read_shell(settings, bodies) if bodies else None
        self._files = _read_files(bodies)
        self._pages: dict[tuple[str, str], _File] = {}
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
        if self._shell is None:
            if path == "/":
                await self._answer(scope["method"], send, 200, _plain_headers(), _NOT_BUILT)
                return
        elif (file := self._files.get(path)) is not None:
            await self._send_file(scope["method"], send, 200, file, asked)
            return
        elif path.split("/", 2)[1] in _FACES:
            await self._send_file(
                scope["method"], send, 200, self._page(self._shell, path, asked), asked
            )
            return
        elif "text/html" in asked.get(b"accept", ""):
            await self._send_file(
                scope["method"], send, 404, self._page(self._shell, path, asked), asked
            )
            return
        await self.app(scope, receive, send)

    def _page(self, shell: Shell, path: str, asked: dict[bytes, str]) -> _File:
        """Made once for each place and language: a few dozen, of some kilobytes each."""
        place = shell.place_of(path)
        language = read_language(asked.get(b"cookie", ""), asked.get(b"accept-language", ""))
        if (page := self._pages.get((place, language))) is None:
            body = shell.draw(place, language)
            page = self._pages[place, language] = _as_file(
                _INDEX,
                body,
                {"gzip": gzip.compress(body, mtime=0)},
                b"accept-encoding, accept-language, cookie",
            )
        return page

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
            (b"vary", file.vary),
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
