"""The few questions that the launcher itself asks of a Solana node.

Plain blocking HTTP from the standard library: the launcher stays small, and everything that
decides about money asks through `chains` instead.
"""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_ANSWER_BYTES_MAX = 1_000_000
_HERE = ("127.0.0.1", "localhost")


class NodeTrouble(Exception):
    """The node gave no usable answer; the text says why in a few words."""


def ask_node(url: str, method: str, *params: Any, seconds: float = 3.0) -> Any:
    """The result of one JSON-RPC call. Raises `NodeTrouble`."""
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    answer = _post(url, call, seconds)
    if "result" not in answer:
        raise NodeTrouble(str(answer.get("error", "no result"))[:200])
    return answer["result"]


def open_token_account(rpc_url: str, owner: str, mint: str) -> None:
    """Makes the owner's token account on a local chain, unless it is there. Raises `NodeTrouble`.

    The account is empty: what customers pay in the token has a place to arrive.
    """
    found = ask_node(
        rpc_url, "getTokenAccountsByOwner", owner, {"mint": mint}, {"encoding": "jsonParsed"}
    )
    if not found["value"]:
        _post(f"{rpc_url}/localnet/token", {"owner": owner, "amount": 0}, 10.0)


def without_secrets(url: str) -> str:
    """A URL as it may be shown: no user, password, key or query; only local ones keep a path."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    netloc = f"{host}:{parts.port}" if parts.port else host
    shows_path = parts.scheme.startswith("postgres") or host in _HERE
    return urlunsplit((parts.scheme, netloc, parts.path if shows_path else "", "", ""))


def _post(url: str, body: Any, seconds: float) -> Any:
    if not url.startswith(("http://", "https://")):
        raise NodeTrouble("its URL is not http")
    request = urllib.request.Request(  # noqa: S310  (http or https, see above)
        url,
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "user-agent": "earnest"},
    )
    # Nothing on this machine is reached through a proxy, whatever the environment says.
    local = urlsplit(url).hostname in _HERE
    proxies = urllib.request.ProxyHandler({} if local else None)
    try:
        with urllib.request.build_opener(proxies).open(request, timeout=seconds) as answer:
            return json.loads(answer.read(_ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        raise NodeTrouble(f"HTTP {error.code}") from error
    except urllib.error.URLError as error:
        raise NodeTrouble(_reason(error.reason)) from error
    except (OSError, ValueError) as error:
        raise NodeTrouble(_reason(error)) from error


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)[:200] or type(error).__name__
