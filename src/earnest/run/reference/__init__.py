"""The API reference at /api/docs: one page made from the OpenAPI file, with nothing of others.

The page carries no script and no inline style; it and its four assets come from here, so it works
offline and under the strict policy that it is sent with.
"""

import hashlib
import json
from importlib import resources
from typing import Any, Final

from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.exceptions import NotFoundException
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath

from earnest.run.reference.page import render_page

POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES: Final = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml",
                 ".txt": "text/plain"}  # fmt: skip
# The page asks for style sheets by content (`?v=…`); fonts and the mark never change under a name.
_FOREVER: Final = "public, max-age=31536000, immutable"


def _read_assets() -> dict[str, tuple[bytes, str]]:
    folder = resources.files("earnest.run").joinpath("reference", "assets")
    return {
        item.name: (item.read_bytes(), kind)
        for item in folder.iterdir()
        if (kind := _TYPES.get(item.name[item.name.rfind(".") :]))
    }


class ReferencePlugin(OpenAPIRenderPlugin):
    """Serves the reference at `path`, and its assets below it."""

    def __init__(self, path: str = "/docs") -> None:
        super().__init__(path=path, media_type=MediaType.HTML)
        self.assets = _read_assets()
        digest = hashlib.sha256(b"".join(self.assets[name][0] for name in sorted(self.assets)))
        self.version = digest.hexdigest()[:12]
        self._page: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page. It is made once: the schema does not change while a process lives."""
        if self._page is None:
            settings = request.app.state.get("settings")
            base = settings.public_url if settings else str(request.base_url)
            # Through JSON, because examples and defaults may be objects of Python still.
            self._page = render_page(
                json.loads(self.render_json(request, openapi_schema)),
                site=base.rstrip("/"),
                assets=f"{request.url.path.rstrip('/')}/assets",
                version=self.version,
                schema_url=self.get_openapi_json_route(request),
            ).encode()
        return self._page

    def receive_router(self, router: Router) -> None:
        """Adds the route of the assets, and the policy that all of these documents carry."""
        assets = self.assets

        @get(f"{self.paths[0]}/assets/{{name:str}}", sync_to_thread=False)
        def asset(name: FromPath[str]) -> Response[bytes]:
            if name not in assets:
                raise NotFoundException(f"There is no asset {name!r}.")
            body, kind = assets[name]
            return Response(body, media_type=kind, headers={"Cache-Control": _FOREVER})

        router.register(asset)
        router.response_headers = [
            *(router.response_headers or ()),
            ResponseHeader(name="Content-Security-Policy", value=POLICY),
        ]
