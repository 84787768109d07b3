"""How soon a phone on a slow line can use the pages, beside the least that the same line allows.

The real system, Debian's Chromium driven over its own protocol (`browser/measure.mjs`), and in the
same turns a page of our own making that carries the same bytes in as many files and does nothing
but show one button: what is left between the two is ours.
"""

import gzip
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import psutil

from benchmarks.memory import NotReady, state_of, up

BROWSER = Path(__file__).parent / "browser"
ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "src" / "earnest" / "run" / "web" / "built"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
_PATHS = ("/", "/work", "/hire")
_READY = "header button"
_RUN_MAX_S = 1_800.0
_LIGHTHOUSE_TRIES = 3


class Spread(msgspec.Struct, frozen=True):
    """The median of all runs, the lowest and the highest."""

    mid: float
    low: float
    high: float


class PageLoad(msgspec.Struct, frozen=True, kw_only=True):
    """One address, opened anew each time. Times in milliseconds, sizes in bytes on the line."""

    path: str
    usable: Spread
    first_paint: Spread
    largest_paint: Spread
    blocking: Spread
    shift: float
    requests: int
    bytes: int
    script_bytes: int
    script_bytes_gzip: int | None


class Lighthouse(msgspec.Struct, frozen=True, kw_only=True):
    """What Lighthouse itself says of an address on its mobile profile, the median run."""

    path: str
    score: int
    version: str


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """All pages and the limit beside them."""

    runs: int
    load_1m: float
    load_1m_after: float
    pages: list[PageLoad]
    limit: PageLoad
    lighthouse: list[Lighthouse] = []


def measure_pages(folder: Path, *, runs: int) -> Pages:
    """Starts the system and opens each page `runs` times. Raises `NotReady`.

    A running one is used when EARNEST_WEB_URL names it.
    """
    load_before = psutil.getloadavg()[0]
    with _site(folder / "pages") as origin:
        # What the limit carries is what /work was seen to carry.
        [[seen]] = _open([{"path": "/work", "ready": _READY}], origin, 1)
        with _least(seen["asked"]) as least:
            wanted = [{"path": path, "ready": _READY} for path in _PATHS]
            *found, limit = _open(
                [*wanted, {"path": "/", "ready": "#there", "origin": least, "plain": True}],
                origin,
                runs,
            )
        pages = [_sum(path, loads) for path, loads in zip(_PATHS, found, strict=True)]
        scores = [_lighthouse(origin, path, runs) for path in _PATHS] if _has_lighthouse() else []
    return Pages(
        runs=runs,
        load_1m=load_before,
        load_1m_after=psutil.getloadavg()[0],
        pages=pages,
        limit=_sum("the same bytes, doing nothing", limit),
        lighthouse=scores,
    )


@contextmanager
def _site(state: Path) -> Iterator[str]:
    if running := os.environ.get("EARNEST_WEB_URL"):
        yield running
        return
    with up(state):
        yield state_of(state).urls["api"]


def _open(
    pages: Sequence[Mapping[str, object]], origin: str, runs: int
) -> list[list[dict[str, object]]]:
    wanted = {"origin": origin, "pages": pages, "runs": runs, "executable": CHROMIUM}
    done = subprocess.run(
        ["node", str(BROWSER / "measure.mjs"), json.dumps(wanted)],
        capture_output=True,
        text=True,
        timeout=_RUN_MAX_S,
        check=False,
    )
    if done.returncode != 0:
        raise NotReady(f"the pages could not be opened: {done.stderr[-2_000:]}")
    found: list[list[dict[str, object]]] = json.loads(done.stdout)
    return found


def _spread(loads: list[dict[str, object]], name: str) -> Spread:
    values = [float(str(load[name])) for load in loads]
    return Spread(median(values), min(values), max(values))


def _sum(path: str, loads: list[dict[str, object]]) -> PageLoad:
    return PageLoad(
        path=path,
        usable=_spread(loads, "usableMs"),
        first_paint=_spread(loads, "fcpMs"),
        largest_paint=_spread(loads, "lcpMs"),
        blocking=_spread(loads, "tbtMs"),
        shift=_spread(loads, "cls").mid,
        requests=int(_spread(loads, "requests").mid),
        bytes=int(_spread(loads, "bytes").mid),
        script_bytes=int(_spread(loads, "scriptBytes").mid),
        script_bytes_gzip=first_load_bytes(BUILT, path) if path.startswith("/") else None,
    )


@contextmanager
def _least(asked: object) -> Iterator[str]:
    """A server of the same bytes: a page, its scripts (comments), one style, no work to do."""
    sizes = [
        int(each["bytes"])
        for each in (asked if isinstance(asked, list) else [])
        if each["type"] in ("Script", "Stylesheet", "Font") and each["bytes"] > 0
    ]
    bodies = {
        f"/{at}.js": b"//" + os.urandom(size).hex().encode()[:size] for at, size in enumerate(sizes)
    }
    tags = "".join(f'<link rel="modulepreload" href="{path}">' for path in bodies)
    last = (
        "".join(f'import "{path}";' for path in bodies)
        + "document.body.innerHTML = '<button id=\"there\">There</button>';"
    )
    bodies["/last.js"] = last.encode()
    page = f'<!doctype html><title>x</title>{tags}<script type="module" src="/last.js"></script>'
    bodies["/"] = page.encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = bodies.get(self.path, b"")
            self.send_response(200 if body else 404)
            kind = "text/html" if self.path == "/" else "text/javascript"
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _has_lighthouse() -> bool:
    return (BROWSER / "node_modules" / "lighthouse").is_dir()


def _lighthouse(origin: str, path: str, runs: int) -> Lighthouse:
    said = [_one_lighthouse(f"{origin}{path}") for _ in range(min(runs, 3))]
    scores = [round(100 * float(each["categories"]["performance"]["score"])) for each in said]
    return Lighthouse(
        path=path, score=int(median(scores)), version=str(said[0]["lighthouseVersion"])
    )


def _one_lighthouse(url: str) -> dict[str, Any]:
    for _ in range(_LIGHTHOUSE_TRIES):
        done = subprocess.run(
            [
                str(BROWSER / "node_modules" / ".bin" / "lighthouse"),
                url,
                "--quiet",
                "--only-categories=performance",
                "--output=json",
                "--chrome-flags=--headless=new" + (" --no-sandbox" if os.getuid() == 0 else ""),
                "--blocked-url-patterns=*/demo-wallet.js",
            ],
            capture_output=True,
            text=True,
            timeout=_RUN_MAX_S,
            check=False,
            env={**os.environ, "CHROME_PATH": CHROMIUM},
        )
        if done.returncode == 0:
            found: dict[str, Any] = json.loads(done.stdout)
            return found
        # "Please run Lighthouse again", it says when it missed the beginning of the load.
        if "run Lighthouse again" not in done.stderr:
            break
    raise NotReady(f"Lighthouse did not end well: {done.stderr[-2_000:]}")


def first_load_bytes(built: Path, place: str) -> int:
    """What of scripts a first visit of `place` loads, each as gzip at its best."""
    page = (built / "index.html").read_text()
    told = json.loads((built / "places.json").read_text())["places"][place]
    named = [part.split('"')[0] for part in page.split('src="')[1:]]
    named += [
        part.split('"')[0] for part in page.split('rel="modulepreload" crossorigin href="')[1:]
    ]
    paths = dict.fromkeys([*named, *told["scripts"], *told["words"]["en"]])
    return sum(
        len(gzip.compress((built / path.lstrip("/")).read_bytes(), 9))
        for path in paths
        if path.endswith(".js")
    )
