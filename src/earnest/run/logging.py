"""Logs: one JSON object a line, or coloured text for people. Never a secret."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from earnest.kit.settings import Settings

_SECRET_NAMES = (
    "password",
    "secret",
    "token",
    "passphrase",
    "authorization",
    "cookie",
    "signature",
)

# Without local variables, which structlog writes unless told: among them are database URLs with
# their passwords, tokens, and in the signer the key.
_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def _hide_secrets(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """A value under a telling name is never written, whoever logs it."""
    for key in event:
        if any(name in key.lower() for name in _SECRET_NAMES):
            event[key] = "(hidden)"
    return event


def set_up_logging(settings: Settings, process: str) -> None:
    """Sends structlog and the standard library's loggers to stderr in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    last: list[structlog.typing.Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer(default=str)]
        if settings.log_format == "json"
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
