"""The HTML of the API reference, from an OpenAPI 3.1 document."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Final

from earnest.kit.errors import EarnestError
from earnest.kit.problems import STATUS
from earnest.run.reference.samples import Schema, resolve, sample, sample_json

METHODS: Final = ("get", "head", "post", "put", "patch", "delete")
FIELD_DEPTH_MAX: Final = 3
_TITLES: Final = {
    "auth": "Signing in", "me": "My account", "files": "Files", "media": "Media", "tasks": "Tasks",
    "orders": "Orders", "balance": "Balance", "payouts": "Payouts", "solvency": "Solvency",
}  # fmt: skip
# Only what speaks over HTTP; errors of the signer and of background jobs stay inside.
_SPEAKING: Final = ("kit", "ledger", "accounts", "files", "payments", "payouts", "tasks")


_CONVENTIONS: Final = (
    "Amounts are decimal strings in minor units beside their asset: "
    '<code>"10500000"</code> with <code>"SOL"</code> is 0.0105 SOL. Times are RFC 3339. '
    "Lists are <code>{items, nextCursor}</code>."
)
_ABOUT_PROBLEMS: Final = (
    "An answer that says no is <code>application/problem+json</code> (RFC 9457). "
    "<code>code</code> and <code>type</code> are stable; <code>detail</code> is for people."
)
# Signing in is a sequence; everything else stands by path.
_FIRST: Final = ("/api/auth/challenge", "/api/auth/verify", "/api/auth/refresh")


def _prose(text: str) -> str:
    """Escaped text in which `code` stands as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(" ".join(text.split())))


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _operations(document: Schema) -> dict[str, list[tuple[str, str, Schema]]]:
    """Operations by tag: (method, path, operation), in the order of the house."""
    found: dict[str, list[tuple[str, str, Schema]]] = {tag: [] for tag in _TITLES}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                found.setdefault(tag, []).append((method, path, item[method]))
    return {tag: sorted(ops, key=_by_path) for tag, ops in found.items() if ops}


def _by_path(operation: tuple[str, str, Schema]) -> tuple[int, str, int]:
    method, path, _ = operation
    rank = _FIRST.index(path) if path in _FIRST else len(_FIRST)
    return rank, path, METHODS.index(method)


def _ref_name(schema: Schema) -> str | None:
    for candidate in (schema, schema.get("items", {})):
        if "$ref" in candidate:
            return str(candidate["$ref"].rpartition("/")[2])
    return None


def _type(schema: Schema, shapes: dict[str, Schema]) -> str:
    """What a value is, in words: `string`, `list of UUID`, `SOL, USDC`, … with its bounds."""
    nullable = any(
        choice.get("type") == "null"
        for key in ("oneOf", "anyOf")
        for choice in schema.get(key) or []
    )
    found = resolve(schema, shapes)
    kind = found.get("type")
    words: str
    if found.get("enum"):
        words = "one of " + ", ".join(str(value) for value in found["enum"])
    elif kind == "array":
        words = "list of " + _type(found.get("items", {}), shapes)
    elif found.get("format"):
        words = str({"date-time": "time", "uuid": "UUID"}.get(found["format"], found["format"]))
    elif kind == "string" and found.get("pattern") in ("^[0-9]+$", "^[1-9][0-9]*$"):
        words = "amount"
    else:
        words = str(kind or "any value")
    return ", ".join(filter(None, [words, *_bounds(found), "or null" if nullable else ""]))


def _bounds(schema: Schema) -> Iterator[str]:
    for low, high, unit in (
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minimum", "maximum", ""),
    ):
        least, most = schema.get(low), schema.get(high)
        if least is not None and most is not None:
            yield f"{_figure_of(least)} to {_figure_of(most)}{unit}"
        elif most is not None:
            yield f"at most {_figure_of(most)}{unit}"
        elif least is not None:
            yield f"at least {_figure_of(least)}{unit}"
    if "default" in schema and schema["default"] is not None:
        yield f"default {json.dumps(schema['default'])}"


def _figure_of(bound: float) -> str:
    """A bound as people write it; the schema writes those of integers as 1.0."""
    return f"{int(bound):,}" if bound == int(bound) else str(bound)


def _field(name: str, schema: Schema, shapes: dict[str, Schema], *, required: bool) -> str:
    found = resolve(schema, shapes)
    about = schema.get("description") or found.get("description") or ""
    pattern = found.get("pattern")
    rows = [_prose(about)] if about else []
    if pattern and pattern not in ("^[0-9]+$", "^[1-9][0-9]*$"):
        rows.append(f"Matches <code>{escape(pattern)}</code>.")
    must = '<span class="must">required</span>' if required else ""
    text = f"<dd>{' '.join(rows)}</dd>" if rows else ""
    return (
        f'<div class="field"><dt><code>{escape(name)}</code>'
        f'<span class="type">{escape(_type(schema, shapes))}</span>{must}</dt>{text}</div>'
    )


def _rows(
    schema: Schema, shapes: dict[str, Schema], *, prefix: str = "", depth: int = 0
) -> Iterator[str]:
    """One row a field; fields of objects inside stand below it with their whole path."""
    found = resolve(schema, shapes)
    required = set(found.get("required", []))
    for name, child in found.get("properties", {}).items():
        yield _field(prefix + name, child, shapes, required=name in required)
        inner = resolve(child, shapes)
        step = f"{prefix}{name}."
        if inner.get("type") == "array":
            inner, step = resolve(inner.get("items", {}), shapes), f"{prefix}{name}[]."
        if inner.get("properties") and depth < FIELD_DEPTH_MAX:
            yield from _rows(inner, shapes, prefix=step, depth=depth + 1)


def _fields(title: str, rows: list[str]) -> str:
    return f'<h4>{escape(title)}</h4><dl class="fields">{"".join(rows)}</dl>' if rows else ""


def _body(operation: Schema) -> tuple[str, Schema] | None:
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        return media_type, content.get("schema", {})
    return None


def _answer_rows(operation: Schema) -> list[str]:
    rows = []
    for status, response in sorted(operation.get("responses", {}).items()):
        fine = status < "400"
        contents: list[Schema] = [*response.get("content", {}).values(), {}]
        shape = _ref_name(contents[0].get("schema", {})) if fine else None
        text = response.get("description", "")
        link = ""
        if fine and _is_stock(text):
            text = _OUTCOMES.get(status, text)
        if shape:
            link = f' <a href="#shape-{_anchor(shape)}"><code>{escape(shape)}</code></a>'
        elif status in _codes():
            link = f' <a href="#problems-{status}">codes</a>'
        tone = "final" if fine else "refused"
        rows.append(
            f'<div class="field"><dt class="status status--{tone}">{status}</dt>'
            f"<dd>{_prose(text)}{link}</dd></div>"
        )
    return rows


_OUTCOMES: Final = {
    "200": "Done", "201": "Made", "202": "Taken on; it goes on by itself", "204": "Nothing to say",
}  # fmt: skip


def _is_stock(text: str) -> bool:
    """Whether a description is the phrase of the status code and says nothing of its own."""
    return text.startswith(("Request ", "Document ")) or not text


def _curl(method: str, path: str, operation: Schema, shapes: dict[str, Schema], site: str) -> str:
    query = []
    for parameter in operation.get("parameters", []):
        value = sample(parameter.get("schema", {}), shapes, parameter["name"])
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(value))
        elif parameter["in"] == "query" and parameter.get("required"):
            query.append(f"{parameter['name']}={value}")
    url = f"{site}{path}" + ("?" + "&".join(query) if query else "")
    parts = [f"curl '{url}'" if method == "get" else f"curl -X {method.upper()} '{url}'"]
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    body = _body(operation)
    if body:
        text = json.dumps(sample(body[1], shapes), ensure_ascii=False, indent=1)
        parts.append(f"-H 'Content-Type: {body[0]}'")
        parts.append("-d '" + text.replace("'", "'\\''") + "'")
    return " \\\n  ".join(parts)


def _figure(caption: str, text: str) -> str:
    """What may be wider than the page can be scrolled, by keyboard too."""
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption>"
        f'<pre tabindex="0">{escape(text)}</pre></figure>'
    )


def _sample_answer(operation: Schema, shapes: dict[str, Schema]) -> str:
    answers = operation.get("responses", {})
    # What is made says more than what was there already.
    for status in sorted(answers, key=lambda status: (status != "201", status)):
        response = answers[status]
        for media_type, content in response.get("content", {}).items():
            schema = content.get("schema", {})
            if (
                status < "300"
                and media_type == "application/json"
                and resolve(schema, shapes).get("type") != "null"
            ):
                return _figure(status, sample_json(schema, shapes))
    return ""


def _operation(
    method: str, path: str, operation: Schema, shapes: dict[str, Schema], site: str
) -> str:
    anchor = _anchor(f"{method} {path}")
    summary = operation.get("summary") or path
    about = operation.get("description", "")
    who = "Your session" if operation.get("security") else "Anybody"
    parameters = [
        _field(
            p["name"],
            {"description": p.get("description", ""), **p.get("schema", {})},
            shapes,
            required=bool(p.get("required")),
        )
        for p in operation.get("parameters", [])
    ]
    body = _body(operation)
    shown = escape(path).replace("/", "/<wbr>")
    return f"""
<article class="operation" id="{anchor}">
<div>
<p class="line">{_method(method)} <code>{shown}</code></p>
<h3><a href="#{anchor}">{_prose(summary)}</a></h3>
{f"<p>{_prose(about)}</p>" if about else ""}
<p class="who">For: {who}</p>
{_fields("Parameters", parameters)}
{_fields("Body", list(_rows(body[1], shapes)) if body else [])}
<h4>Answers</h4><dl class="fields answers">{"".join(_answer_rows(operation))}</dl>
</div>
<div class="samples">
{_figure("Ask", _curl(method, path, operation, shapes, site))}
{_sample_answer(operation, shapes)}
</div>
</article>"""


def _errors(kind: type[EarnestError] = EarnestError) -> Iterator[type[EarnestError]]:
    for child in kind.__subclasses__():
        if "code" in child.__dict__ and child.__module__.split(".")[1] in _SPEAKING:
            yield child
        yield from _errors(child)


def _codes() -> dict[str, dict[str, str]]:
    """All problem codes with their messages, by status."""
    found: dict[str, dict[str, str]] = {}
    for error in _errors():
        message = (error.__doc__ or "").strip().splitlines()[0]
        found.setdefault(str(STATUS[error.kind]), {})[error.code] = message
    return found


def _problems() -> str:
    by_status = _codes()
    parts = []
    for status in sorted(by_status):
        rows = [
            f'<div class="field"><dt><code>{escape(code)}</code></dt>'
            f"<dd>{_prose(message)}</dd></div>"
            for code, message in sorted(by_status[status].items())
        ]
        parts.append(
            f'<h4 id="problems-{status}">{status}</h4><dl class="fields">{"".join(rows)}</dl>'
        )
    return "".join(parts)


def _shapes(shapes: dict[str, Schema]) -> str:
    parts = []
    for name, schema in sorted(shapes.items()):
        rows = list(_rows(schema, shapes, depth=FIELD_DEPTH_MAX))
        if rows:
            parts.append(
                f'<section class="shape" id="shape-{_anchor(name)}"><h3>{escape(name)}</h3>'
                f'<dl class="fields">{"".join(rows)}</dl></section>'
            )
    return "".join(parts)


def _method(method: str) -> str:
    word = "DEL" if method == "delete" else method.upper()
    return f'<span class="method method--{method}">{word}</span>'


def _contents(groups: dict[str, list[tuple[str, str, Schema]]]) -> str:
    items = []
    for tag, operations in groups.items():
        links = "".join(
            f'<li><a href="#{_anchor(f"{method} {path}")}">'
            f"{_method(method)}{_prose(operation.get('summary') or path)}</a></li>"
            for method, path, operation in operations
        )
        items.append(
            f'<li><b><a href="#{_anchor(tag)}">{escape(_title(tag))}</a></b><ul>{links}</ul></li>'
        )
    items.append('<li><b><a href="#problems">Problems</a></b></li>')
    items.append('<li><b><a href="#shapes">Shapes</a></b></li>')
    return f'<nav class="toc" aria-label="Contents"><ul>{"".join(items)}</ul></nav>'


def _title(tag: str) -> str:
    return _TITLES.get(tag, tag.capitalize())


def render_page(document: Schema, *, site: str, assets: str, version: str, schema_url: str) -> str:
    """The whole page. `site` stands in the examples, `assets` is where the style sheets are."""
    shapes = document.get("components", {}).get("schemas", {})
    groups = _operations(document)
    sections = "".join(
        f'<section class="group" id="{_anchor(tag)}"><h2>{escape(_title(tag))}</h2>'
        + "".join(_operation(method, path, op, shapes, site) for method, path, op in operations)
        + "</section>"
        for tag, operations in groups.items()
    )
    info = document["info"]
    licences = ", ".join(
        f'<a href="{assets}/LICENSE-{font}.txt">{name}</a>'
        for font, name in (("besley", "Besley"), ("hanken-grotesk", "Hanken Grotesk"))
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference · {escape(info["title"])}</title>
<meta name="color-scheme" content="light dark">
<link rel="icon" href="{assets}/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="{assets}/tokens.css?v={version}">
<link rel="stylesheet" href="{assets}/reference.css?v={version}">
</head>
<body>
<a class="skip" href="#reference">To the reference</a>
<header class="bar"><div class="wrap">
<picture><source media="(prefers-color-scheme: dark)" srcset="{assets}/mark-on-dark.svg">
<img src="{assets}/mark.svg" alt="" width="32" height="32"></picture><b>{escape(info["title"])}</b>
<a href="{escape(schema_url)}">openapi.json</a>
</div></header>
<div class="wrap">
<div class="lead"><h1>API reference</h1>
<p>{_prose(info.get("summary") or "")}</p>
<p class="fine">Version {escape(info["version"])}. {_CONVENTIONS}</p></div>
<div class="columns">
{_contents(groups)}
<main id="reference">
{sections}
<section class="group" id="problems"><h2>Problems</h2>
<p>{_ABOUT_PROBLEMS}</p>
{_problems()}</section>
<section class="group" id="shapes"><h2>Shapes</h2>{_shapes(shapes)}</section>
</main>
</div>
</div>
<footer class="foot"><div class="wrap">
Fonts under the SIL Open Font License: {licences}.
</div></footer>
</body>
</html>
"""
