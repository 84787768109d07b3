"""The description of the API as a file, and the check that the committed one is fresh."""

import json
from pathlib import Path

import msgspec
from litestar.serialization import default_serializer

from earnest.kit.settings import Settings
from earnest.run.api import build_app
from earnest.run.terminal import complain

# Nothing is connected to: the description depends on the code alone.
_NOWHERE = Settings(
    database_url="postgresql://nobody@127.0.0.1:1/none",
    jwt_secret="0" * 64,
    s3_endpoint="http://127.0.0.1:1",
    s3_access_key_id="none",
    s3_secret_access_key="none",  # noqa: S106  (it opens nothing)
    solana_treasury="11111111111111111111111111111111",
    solana_rpc_urls="http://127.0.0.1:1",
)


def document() -> str:
    """OpenAPI 3.1 as JSON, the same for the same code."""
    app = build_app(_NOWHERE)
    # As the route writes it: examples and defaults may be objects of Python still.
    schema = msgspec.to_builtins(app.openapi_schema.to_schema(), enc_hook=default_serializer)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write_file(path: Path) -> None:
    """Replaces the file."""
    path.write_text(document(), encoding="utf-8")


def check_file(path: Path) -> int:
    """0 when the file is what this code serves, else 1 and a line that says what to do."""
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    if kept == document():
        return 0
    complain(
        f"{path} is not what this code serves. Look at the difference and commit it:"
        f" earnest openapi --write {path}"
    )
    return 1
