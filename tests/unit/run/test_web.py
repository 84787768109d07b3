"""The web pages as the API serves them, from a folder made here."""

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from earnest.kit.settings import Network, Settings
from earnest.run.web import Pages, policy

INDEX = """<!doctype html><html lang="en"><head><script src="/early.js"></script><!-- place -->
<!-- demo-wallet --></head><div id=root></div>"""
PLACES = """{"fonts": ["/assets/f.woff2"], "places": {
    "/": {"scripts": ["/assets/front.js"], "styles": [], "words": {"de": ["/assets/de.js"]}},
    "/work": {"scripts": ["/assets/work.js"], "styles": ["/assets/work.css"], "words": {}},
    "/work/earnings": {"scripts": ["/assets/earn.js"], "styles": [], "words": {}}}}"""
SCRIPT = "export const answer = 42;\n" * 20


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What a build leaves behind, small."""
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "places.json").write_text(PLACES)
    (folder / "early.js").write_text("early()")
    (folder / ".stamp").write_text("")
    (folder / "demo-wallet.js").write_text("wallet()")
    (folder / "demo-wallet.js.gz").write_bytes(gzip.compress(b"wallet()"))
    (folder / "assets" / "main-abc.js").write_text(SCRIPT)
    (folder / "assets" / "main-abc.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    return folder


async def _below(scope: Any, _receive: Any, send: Any) -> None:
    """Stands for the API: says what it was asked."""
    body = f"{scope['method']} {scope['path']}".encode()
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": body})


def _client(built: Path, **settings: Any) -> httpx.AsyncClient:
    pages = Pages(_below, Settings(**settings), built=built)
    transport = httpx.ASGITransport(app=pages)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://site")


async def test_every_address_of_a_face_is_the_page(built: Path) -> None:
    """The page answers at all addresses that it draws, is asked for anew each time, and is not
    sent again to who has it."""
    async with _client(built) as client:
        for path in ("/", "/work", "/work/tasks", "/hire/new", "/admin/health", "/account"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["cache-control"] == "no-cache"
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert "<div id=root>" in answer.text
        again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = await client.head("/work")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) > 0


async def test_what_is_no_page_is_left_to_the_api(built: Path) -> None:
    """The API, media, probes and every method that is not a read go on as they came."""
    async with _client(built) as client:
        for path in ("/api", "/api/tasks", "/media/x/small", "/healthz", "/readyz", "/metrics"):
            assert (await client.get(path)).text == f"GET {path}"
        assert (await client.post("/work")).text == "POST /work"


async def test_an_unknown_address_is_a_page_for_people_only(built: Path) -> None:
    """A browser is shown the page with 404; a program gets the API's own answer."""
    async with _client(built) as client:
        shown = await client.get("/nowhere", headers={"accept": "text/html,*/*"})
        assert shown.status_code == 404
        assert "<div id=root>" in shown.text
        assert (await client.get("/nowhere")).status_code == 418
        for path in ("/.stamp", "/assets/../index.html", "/assets/%2e%2e/index.html", "/x.js.gz"):
            assert (await client.get(path)).status_code == 418


async def test_hashed_files_are_kept_for_ever_and_sent_small(built: Path) -> None:
    """A file whose name carries its hash may be kept; who takes gzip gets it so."""
    async with _client(built) as client:
        small = await client.get("/assets/main-abc.js", headers={"accept-encoding": "gzip"})
        whole = await client.get("/assets/main-abc.js", headers={"accept-encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in whole.headers
    assert small.text == whole.text == SCRIPT
    assert small.headers["etag"] != whole.headers["etag"]
    assert "immutable" in whole.headers["cache-control"]
    assert whole.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("network", list(Network))
async def test_the_demo_wallet_is_on_local_chains_alone(built: Path, network: Network) -> None:
    """Where money is worth something, the demo wallet is neither named nor served."""
    local = network is Network.LOCAL
    async with _client(built, network=network) as client:
        page = await client.get("/")
        wallet = await client.get("/demo-wallet.js")
    assert ("demo-wallet" in page.text) is local
    assert wallet.status_code == (200 if local else 418)


async def test_a_page_names_what_its_address_will_need(built: Path) -> None:
    """Scripts, styles and typefaces of the place are named in the page, those of the longest
    address that fits; a page that is not there names none."""
    async with _client(built) as client:
        for path, script in (
            ("/", "front"),
            ("/work", "work"),
            ("/work/tasks/7", "work"),
            ("/work/earnings/", "earn"),
        ):
            page = (await client.get(path)).text
            named = [name for name in ("front", "work", "earn") if f"/assets/{name}.js" in page]
            assert named == [script], path
            assert '<link rel="modulepreload" crossorigin' in page
            assert 'as="font"' in page
        assert "modulepreload" not in (await client.get("/admin")).text
        assert (await client.get("/places.json")).status_code == 418


@pytest.mark.parametrize(
    ("cookie", "accepted", "shown"),
    [
        ("", "", "en"),
        ("", "fr;q=0.9, de-AT, en", "de"),
        ("earnest.language=ar", "de", "ar"),
        ("earnest.language=xx; other=1", "de", "de"),
        ("=;,bad\x01", "ar-EG", "ar"),
    ],
)
async def test_the_page_is_in_the_language_of_its_reader(
    built: Path, cookie: str, accepted: str, shown: str
) -> None:
    """The language that was chosen here counts, then the browser's; with its direction and words,
    and no cache takes one for another."""
    async with _client(built) as client:
        answer = await client.get("/", headers={"cookie": cookie, "accept-language": accepted})
    assert f'<html lang="{shown}" dir="{"rtl" if shown == "ar" else "ltr"}">' in answer.text
    assert ("/assets/de.js" in answer.text) is (shown == "de")
    assert {"accept-language", "cookie"} <= set(answer.headers["vary"].split(", "))


async def test_the_site_is_in_the_page_as_data_that_cannot_end_early(built: Path) -> None:
    """What `GET /api/site` answers stands in the page, and no setting can break out of it."""
    url = "https://x.example</script><script>alert(1)</script>"
    async with _client(built, stacks_api_url=url) as client:
        page = (await client.get("/")).text
    block = page.split('<script type="application/json" id="site">', 1)[1].split("</script>")[0]
    assert json.loads(block)["local"]["stacksApiUrl"] == url
    assert "<script>alert" not in page


async def test_what_stands_before_the_first_paint_is_named_by_its_content(built: Path) -> None:
    """The early script is asked for under a name that may be kept for ever."""
    async with _client(built) as client:
        page = (await client.get("/")).text
        path = page.split('<script src="', 1)[1].split('"')[0]
        early = await client.get(path)
    assert path.startswith("/assets/early-")
    assert (early.text, "immutable" in early.headers["cache-control"]) == ("early()", True)


async def test_without_pages_the_front_says_what_to_do(tmp_path: Path) -> None:
    """A package without built pages answers at `/` in plain words and leaves the rest alone."""
    async with _client(tmp_path) as client:
        front = await client.get("/")
        assert front.headers["content-type"].startswith("text/plain")
        assert "make web" in front.text
        assert (await client.get("/work")).status_code == 418


def test_the_policy_names_the_store_and_nothing_unsafe() -> None:
    """Uploads may go to the store, the demo wallet to local nodes; there is no way round."""
    local = policy(
        Settings(
            s3_endpoint="http://127.0.0.1:9000",
            solana_rpc_urls="http://127.0.0.1:8899,http://127.0.0.1:8898",
            stacks_api_url="http://127.0.0.1:3999",
        )
    )
    assert "connect-src 'self' http://127.0.0.1:9000 http://127.0.0.1:8899" in local
    assert "http://127.0.0.1:3999" in local
    outside = policy(
        Settings(
            network=Network.MAINNET,
            s3_public_endpoint="https://files.example/base",
            solana_rpc_urls="https://node.example/secret",
            cdn_url="https://cdn.example/x",
        )
    )
    assert "connect-src 'self' https://files.example;" in outside
    assert "img-src 'self' blob: https://cdn.example;" in outside
    for text in (local, outside):
        assert "unsafe" not in text
        assert "*" not in text
    assert "node.example" not in outside
