"""The API reference: complete, self-contained, and clean under its own policy."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, post
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import JSONBody
from litestar.testing import TestClient

from earnest.kit.settings import Settings
from earnest.kit.wire import Body, PositiveAmountMinor
from earnest.run.openapi import document
from earnest.run.reference import POLICY, ReferencePlugin
from earnest.run.reference.page import render_page
from earnest.run.reference.samples import resolve, sample


class Page(HTMLParser):
    """What a page holds, as far as these tests ask."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes one element."""
        found = dict(attrs)
        self.tags.add(tag)
        self.attributes.update(found)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        self.loads += [str(found[name]) for name in ("src", "srcset") if name in found]
        if tag == "link":
            self.loads.append(str(found["href"]))

    def handle_data(self, data: str) -> None:
        """Notes words."""
        self.text.append(data)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The real OpenAPI document."""
    found: dict[str, Any] = json.loads(document())
    return found


@pytest.fixture(scope="module")
def page(schema: dict[str, Any]) -> Page:
    """The real page."""
    return Page(
        render_page(
            schema, site="https://werk.example", assets="/api/docs/assets", version="1",
            schema_url="/api/openapi.json",
        )
    )  # fmt: skip


def test_every_operation_stands_in_it(schema: dict[str, Any], page: Page) -> None:
    """Each method and path of the schema has its own place, and the contents lead there."""
    for path, item in schema["paths"].items():
        for method in item:
            anchor = re.sub(r"[^a-z0-9]+", "-", f"{method} {path}".lower()).strip("-")
            assert page.ids.count(anchor) == 1
            assert f"#{anchor}" in page.links


def test_every_link_arrives(page: Page) -> None:
    """No anchor leads nowhere, and none is there twice."""
    assert len(page.ids) == len(set(page.ids))
    targets = [link[1:] for link in page.links if link.startswith("#")]
    assert set(targets) <= set(page.ids)


def test_nothing_but_our_own(page: Page) -> None:
    """No script, no inline style, nothing loaded from another server."""
    assert not page.tags & {"script", "style", "iframe"}
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
    assert page.loads
    assert all(load.startswith("/api/docs/assets/") for load in page.loads)


def test_every_example_body_fits_its_schema(schema: dict[str, Any]) -> None:
    """Required fields are there, patterns match, numbers are in bounds: it could be sent."""
    shapes = schema["components"]["schemas"]
    checked = 0
    for item in schema["paths"].values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                check(sample(content["schema"], shapes), content["schema"], shapes)
                checked += 1
    assert checked >= 5


def check(value: Any, schema: dict[str, Any], shapes: dict[str, Any]) -> None:
    """Fails where `value` is not what `schema` allows."""
    schema = resolve(schema, shapes)
    match schema.get("type"):
        case "object":
            assert set(schema.get("required", [])) <= set(value)
            for name, child in schema.get("properties", {}).items():
                check(value[name], child, shapes)
        case "array":
            assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
            for item in value:
                check(item, schema["items"], shapes)
        case "string":
            assert schema.get("minLength", 0) <= len(value)
            assert len(value) <= schema.get("maxLength", len(value))
            assert re.search(schema.get("pattern", ""), value)
            assert value in schema.get("enum", [value])
        case "integer":
            assert schema.get("minimum", value) <= value <= schema.get("maximum", value)


class PayBody(Body, frozen=True):
    """What is paid."""

    amount_minor: PositiveAmountMinor


def test_served_with_its_policy_and_assets() -> None:
    """The page and its assets come from one small server, typed, and kept where they may be."""

    @post("/api/pay", summary="Pay <all> of it", sync_to_thread=False)
    def pay(data: JSONBody[PayBody]) -> None:
        """Takes `amountMinor` & no more."""

    app = Litestar(
        [pay],
        state=State({"settings": Settings()}),
        openapi_config=OpenAPIConfig(
            title="Earnest", version="0.1.0", path="/api", use_handler_docstrings=True,
            render_plugins=[JsonRenderPlugin(path="/openapi.json"), ReferencePlugin("/docs")],
        ),
    )  # fmt: skip
    with TestClient(app) as client:
        answer = client.get("/api/docs")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"] == POLICY
        assert "Pay &lt;all&gt; of it" in answer.text
        assert "Takes <code>amountMinor</code> &amp; no more." in answer.text
        for load in Page(answer.text).loads:
            asset = client.get(load)
            assert asset.status_code == 200, load
            assert "immutable" in asset.headers["cache-control"]
            assert asset.headers["content-type"].startswith(("text/css", "image/svg+xml"))
        fonts = re.findall(r'url\("([^"]+)"\)', client.get("/api/docs/assets/tokens.css").text)
        assert fonts
        for font in fonts:
            assert client.get(f"/api/docs/assets/{font}").headers["content-type"] == "font/woff2"
        assert client.get("/api/docs/assets/reference.py").status_code == 404


def test_the_reference_has_the_colours_and_sizes_of_the_pages() -> None:
    """Its tokens, written down for a page that needs no build, are those of the web app."""
    root = Path(__file__).parents[3]
    ours, theirs = (
        re.sub(r"/\*.*?\*/|@font-face \{.*?\}|\s", "", (root / path).read_text("utf-8"), flags=re.S)
        for path in ("src/earnest/run/reference/assets/tokens.css", "web/src/design/tokens.css")
    )
    assert "--pine:" in ours
    assert ours.replace(";}", "}") == theirs.replace(";}", "}")
