"""`earnest api`: HTTP, wired from the routes of every domain, and the web pages before it."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from litestar import Litestar, MediaType, Response, Router, get
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, Operation, Schema
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from earnest import (
    accounts,
    admin,
    escrow,
    files,
    notifications,
    payments,
    payouts,
    projects,
    tasks,
    treasury,
)
from earnest.chains.solana import SolanaRpc
from earnest.kit import problems
from earnest.kit.clock import Clock, SystemClock
from earnest.kit.db import Database, DatabaseUnavailable
from earnest.kit.errors import EarnestError
from earnest.kit.parts import PROVIDED, GivenDatabase
from earnest.kit.settings import Settings
from earnest.kit.wire import Body, JsonRequest
from earnest.run.metrics import REQUEST_SECONDS, REQUESTS
from earnest.run.migrate import expected_version, wait_for_version
from earnest.run.one_write import OneWriteProtocol
from earnest.run.reference import ReferencePlugin
from earnest.run.schema_bounds import tell_bounds
from earnest.run.stacks import asking_contract
from earnest.run.version import VERSION
from earnest.run.web import Pages
from earnest.run.web import site as site_routes

BODY_BYTES_MAX = 64 * 1024

Lifespan = Callable[[Litestar], Any]


def _provide_solana(state: State) -> SolanaRpc:
    solana: SolanaRpc = state.solana
    return solana


@asynccontextmanager
async def _asking_solana(app: Litestar) -> AsyncIterator[None]:
    """A client of the chain's nodes, asked about recipients before a payout is taken."""
    settings: Settings = app.state.settings
    async with SolanaRpc(settings.rpc_urls, timeout_s=5, attempts=2) as solana:
        app.state.solana = solana
        yield


def _provide_contract_reader(state: State) -> escrow.ContractReader | None:
    reader: escrow.ContractReader | None = state.contract_reader
    return reader


@asynccontextmanager
async def _asking_stacks(app: Litestar) -> AsyncIterator[None]:
    """Whoever asks the escrow contract itself, where one is configured."""
    async with asking_contract(app.state.settings, timeout_s=5, attempts=2) as reader:
        app.state.contract_reader = reader
        yield


@get("/healthz", include_in_schema=False, media_type=MediaType.TEXT, sync_to_thread=False)
def healthz() -> str:
    """The process is alive."""
    return "ok\n"


@get("/readyz", include_in_schema=False, media_type=MediaType.JSON)
async def readyz(database: GivenDatabase) -> Response[dict[str, str]]:
    """The process can answer: its database is there, at this code's version."""
    try:
        found = await database.fetchval("SELECT version FROM schema_version")
    except EarnestError as error:
        return Response({"database": error.code}, status_code=503)
    if found != expected_version():
        return Response({"database": f"at {found}"}, status_code=503)
    return Response({"database": "ok"})


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """Prometheus text."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Outermost:
    """Counts every request and sends the headers that every answer carries."""

    # Where an answer brings one of its own, that one counts.
    _HEADERS = (
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"x-frame-options", b"DENY"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        # Found by their labels once: the look-up takes a lock and makes text of them.
        self._counters: dict[tuple[str, int], Counter] = {}
        self._clocks: dict[str, Histogram] = {}

    def _count(self, method: str, status: int, seconds: float) -> None:
        counter = self._counters.get((method, status))
        if counter is None:
            counter = self._counters[method, status] = REQUESTS.labels(method, str(status))
            self._clocks[method] = REQUEST_SECONDS.labels(method)
        counter.inc()
        self._clocks[method].observe(seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        method = str(scope["method"])

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(method, message["status"], time.perf_counter() - began)
                names = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in self._HEADERS if pair[0] not in names),
                ]
            await send(message)

        await self.app(scope, receive, counted)


@asynccontextmanager
async def _connected(app: Litestar) -> AsyncIterator[None]:
    """The database for as long as the application lives."""
    settings: Settings = app.state.settings
    while True:
        try:
            database = await Database.connect(
                settings.database_url,
                application="earnest api",
                size_max=settings.database_pool_max,
            )
            break
        except DatabaseUnavailable:
            await asyncio.sleep(0.5)
    app.state.database = database
    await wait_for_version(database)
    try:
        yield
    finally:
        await database.close()


def _bodies(kind: type[Body]) -> list[type[Body]]:
    found: list[type[Body]] = []
    for child in kind.__subclasses__():
        found += [child, *_bodies(child)]
    return found


def _operations(app: Litestar) -> Iterator[Operation]:
    for path in (app.openapi_schema.paths or {}).values():
        for name in ("get", "head", "post", "put", "patch", "delete"):
            if operation := getattr(path, name):
                yield operation


def _finish_schema(app: Litestar) -> None:
    """Says what the generator leaves out: bodies take no field that is not named, and some bounds.

    And keeps out what it would make up: examples at random, different in every process.
    """
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for spec in (getattr(handler, "responses", None) or {}).values():
                spec.generate_examples = False
    components = app.openapi_schema.components
    closed = {body.__name__: body for body in _bodies(Body)}
    for name, schema in components.schemas.items():
        if body := closed.get(name.rpartition("_")[2]):
            schema.additional_properties = False
            tell_bounds(body, schema)
    for operation in _operations(app):
        for response in (operation.responses or {}).values():
            for content in (getattr(response, "content", None) or {}).values():
                shape = content.schema
                if isinstance(shape, Schema) and shape.one_of:
                    # A whole task is also a card: two shapes may fit one answer.
                    shape.any_of, shape.one_of = shape.one_of, None


def _say_all_methods(app: Litestar) -> None:
    """Lets OPTIONS name every method. Litestar makes that answer with a path's first handler,
    and keeps it when others follow."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            handler, _ = route.route_handler_map["OPTIONS"]
            inspect.getclosurevars(handler.fn).nonlocals["self"].methods = route.methods


class _Documents(Router):
    """The router of the API's description, without its own page for whatever is not there."""

    def register(self, value: Any) -> list[BaseRoute]:
        """Adds a handler, but for the one that catches every other path below ours."""
        if "/{path:str}" in getattr(value, "paths", ()):
            return []
        return super().register(value)


def build_app(settings: Settings, *, clock: Clock | None = None) -> Litestar:
    """The application. Connects to its database when it starts."""
    settings.need(
        "database_url", "jwt_secret", "s3_endpoint", "s3_access_key_id", "s3_secret_access_key",
        "solana_treasury", "solana_rpc_urls",
    )  # fmt: skip
    app = Litestar(
        route_handlers=[
            *accounts.ROUTES,
            *files.ROUTES,
            *notifications.ROUTES,
            *tasks.ROUTES,
            *projects.ROUTES,
            *payments.ROUTES,
            *payouts.ROUTES,
            *treasury.ROUTES,
            *admin.ROUTES,
            *site_routes.ROUTES,
            *escrow.ROUTES,
            healthz,
            readyz,
            metrics,
        ],
        dependencies=PROVIDED
        | {
            "solana": Provide(_provide_solana, sync_to_thread=False),
            "contract_reader": Provide(_provide_contract_reader, sync_to_thread=False),
        },
        lifespan=[_connected, _asking_solana, _asking_stacks, accounts.lifespan, files.lifespan],
        state=State({"settings": settings, "clock": clock or SystemClock()}),
        exception_handlers={
            EarnestError: problems.on_earnest_error,
            ValidationException: problems.on_validation_error,
            HTTPException: problems.on_http_exception,
            Exception: problems.on_unhandled,
        },
        openapi_config=OpenAPIConfig(
            title="Earnest",
            version=VERSION,
            summary="Paid work in which money moves only when the chain says so.",
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            components=Components(security_schemes=dict(accounts.SECURITY_SCHEMES)),
            use_handler_docstrings=True,
            openapi_router=_Documents("/api", route_handlers=[], include_in_schema=False),
            render_plugins=[JsonRenderPlugin(path="/openapi.json"), ReferencePlugin("/docs")],
        ),
        cors_config=CORSConfig(allow_origins=[]) if settings.secure else None,
        request_class=JsonRequest,
        request_max_body_size=BODY_BYTES_MAX,
        middleware=[],
        debug=False,
        # Ours is set up by the process; the default one would write a line for every request.
        logging_config=None,
    )
    _finish_schema(app)
    _say_all_methods(app)
    return app


async def run_api(settings: Settings, stop: asyncio.Event) -> None:
    """Serves until `stop` is set, then lets requests under way end."""
    server = uvicorn.Server(
        uvicorn.Config(
            Outermost(Pages(tasks.HotRoutes(build_app(settings)), settings)),
            host=settings.api_host,
            port=settings.api_port,
            loop="uvloop",
            http=OneWriteProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=10,
            limit_concurrency=1_000,
            h11_max_incomplete_event_size=16_384,
            lifespan="on",
        )
    )
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    stopping.cancel()
