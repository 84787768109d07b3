"""One person's browser: public HTTP and nothing else."""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urljoin

import httpx

from earnest.run.demo.errors import DemoBroke
from earnest.run.demo.stacks_wallet import StacksWallet
from earnest.run.demo.wallets import NODE_GONE_AFTER_S, Wallet, shorten

_SECONDS_MAX = 20.0
_AGAIN_AFTER_S = 0.5
_PUT_TRIES_MAX = 3


class Browser:
    """A session of one person. Every method is one request, or raises `DemoBroke`."""

    def __init__(self, api_url: str) -> None:
        self._api = api_url.rstrip("/") + "/"
        # No proxy of the environment stands between processes of one machine.
        self._http = httpx.AsyncClient(timeout=_SECONDS_MAX, trust_env=False)
        self._token = ""

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        once: bool = False,
        may_be_absent: bool = False,
    ) -> Any:
        """One request of the API. The answer's JSON, or None for 204.

        With `may_be_absent` None for 404, too.
        With `once` it carries a fresh Idempotency-Key. A 503 promises that nothing was changed
        and that it will pass, so it is asked again for a while. Every other problem is
        `DemoBroke`.
        """
        headers = {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if once:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        deadline = time.monotonic() + NODE_GONE_AFTER_S
        while True:
            answer = await self._send(method, path, body, headers)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_AGAIN_AFTER_S)
        if answer.status_code == httpx.codes.NO_CONTENT:
            return None
        if may_be_absent and answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            found = answer.json()
        except ValueError:
            found = {}
        if not answer.is_success:
            detail = found.get("detail") or answer.reason_phrase
            raise DemoBroke(reason=f"{method} {path} was answered {answer.status_code}: {detail}")
        return found

    async def _send(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        url = urljoin(self._api, path.lstrip("/"))
        try:
            return await self._http.request(method, url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise DemoBroke(
                reason=f"{method} {path} got no answer ({type(error).__name__})."
            ) from error

    async def sign_in_as(self, address: str, sign: Callable[[str], Awaitable[str]]) -> None:
        """Has a challenge signed; the session's token is kept in memory."""
        asked = await self.ask("POST", "/api/auth/challenge", {"address": address})
        challenge = asked["challenge"]
        signature = await sign(challenge)
        proof = {"address": address, "challenge": challenge, "signature": signature}
        answer = await self.ask("POST", "/api/auth/verify", proof)
        self._token = answer["token"]

    async def upload(
        self,
        content: bytes,
        content_type: str,
        purpose: str = "task_option",
        *,
        name: str | None = None,
    ) -> str:
        """Puts a file straight into the store by its signed URL; gives the file's id."""
        body = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "sizeBytes": len(content),
            "contentType": content_type,
            "purpose": purpose,
            "name": name,
        }
        begun = await self.ask("POST", "/api/files/uploads", body, once=True)
        file_id: str = begun["fileId"]
        target = begun["upload"]
        if target is not None:
            await self._put(target, content)
            await self.ask("POST", f"/api/files/{file_id}/complete")
        return file_id

    async def _put(self, target: dict[str, Any], content: bytes) -> None:
        """Sends a file; once more where the store says that the fault was its own."""
        refused = ""
        for _ in range(_PUT_TRIES_MAX):
            try:
                put = await self._http.request(
                    target["method"], target["url"], content=content, headers=target["headers"]
                )
            except httpx.HTTPError as error:
                raise DemoBroke(
                    reason=f"The S3 server gave no answer ({type(error).__name__})."
                ) from error
            if put.is_success:
                return
            refused = put.text[:200]
            if put.status_code < 500:
                break
        raise DemoBroke(reason=f"The S3 server refused a file: {refused}")

    async def download(self, url: str, sha256: str) -> bytes:
        """Loads a file by a signed URL; it must be the one that was promised."""
        try:
            answer = await self._http.get(url)
        except httpx.HTTPError as error:
            raise DemoBroke(reason=f"A file did not load ({type(error).__name__}).") from error
        if not answer.is_success or hashlib.sha256(answer.content).hexdigest() != sha256:
            raise DemoBroke(reason=f"A file came back as {answer.status_code}, or as another one.")
        return answer.content

    async def look_at(self, url: str) -> int:
        """Loads a picture as a page does; gives its size in bytes."""
        try:
            answer = await self._http.get(urljoin(self._api, url))
        except httpx.HTTPError as error:
            raise DemoBroke(reason=f"A picture did not load ({type(error).__name__}).") from error
        if not answer.is_success or answer.headers.get("content-type") != "image/webp":
            raise DemoBroke(reason=f"A picture came back as {answer.status_code}.")
        return len(answer.content)


class Person(Browser):
    """Somebody with a Solana wallet of their own."""

    def __init__(self, api_url: str) -> None:
        super().__init__(api_url)
        self.wallet = Wallet()

    async def sign_in(self) -> None:
        """Signs a challenge with the wallet."""
        await self.sign_in_as(self.wallet.address, self._sign)

    async def _sign(self, text: str) -> str:
        return self.wallet.sign_text(text)


class Party(Browser):
    """Somebody with a Stacks wallet."""

    def __init__(self, api_url: str, wallet: StacksWallet) -> None:
        super().__init__(api_url)
        self.wallet = wallet

    @property
    def short(self) -> str:
        """The address as people compare it: `ST2F…1BHC`."""
        return shorten(self.wallet.address)

    async def sign_in(self) -> None:
        """Signs a challenge with the wallet."""
        await self.sign_in_as(self.wallet.address, self.wallet.sign_text)
