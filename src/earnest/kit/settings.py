"""All configuration: environment variables named `EARNEST_…`, read once into one frozen struct.

A variable `EARNEST_X_FILE` names a file that holds the value of `EARNEST_X`: secrets need not
stand in the environment.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from earnest.kit.errors import InvalidInput

PREFIX = "EARNEST_"


class Network(StrEnum):
    """Where the chains are. `local` runs them here."""

    LOCAL = "local"
    DEVNET = "devnet"
    TESTNET = "testnet"
    MAINNET = "mainnet"


Seconds = Annotated[int, msgspec.Meta(ge=1, le=31_536_000)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting with its default. Durations in seconds, amounts in minor units."""

    network: Network = Network.LOCAL
    state_dir: Path = Path("var")
    log_format: str = "json"

    # Each process is given the URL of its own role.
    database_url: str = ""
    database_pool_max: Annotated[int, msgspec.Meta(ge=1, le=200)] = 16

    api_host: str = "127.0.0.1"
    api_port: Port = 8000
    # Where people reach the site; the sign-in domain comes from here, never from a header.
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: str = ""
    operator_addresses: str = ""
    jwt_secret: str = ""
    session_ttl_s: Seconds = 86_400
    challenge_ttl_s: Seconds = 300

    s3_endpoint: str = ""
    # Where browsers reach the store, when it differs from where the servers do.
    s3_public_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_bucket: str = "earnest"
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    # Whether the store enforces signed checksums and If-None-Match, and lets browsers send them.
    s3_signs_checksum: bool = False
    cdn_url: str = ""
    # The CloudFront distribution that `earnest cdn policy` lets in.
    cdn_distribution_arn: str = ""
    upload_ttl_s: Seconds = 900
    upload_bytes_max: Annotated[int, msgspec.Meta(ge=1)] = 20_000_000
    document_bytes_max: Annotated[int, msgspec.Meta(ge=1)] = 50_000_000
    picture_pixels_max: Annotated[int, msgspec.Meta(ge=1)] = 50_000_000

    # Where a process without HTTP of its own serves /metrics on loopback; 0 serves none.
    metrics_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0

    solana_rpc_urls: str = ""
    solana_ws_url: str = ""
    solana_treasury: str = ""
    solana_usdc_mint: str = ""
    solana_poll_s: float = 2.0

    # Empty: no escrow is followed, and projects are not offered.
    stacks_api_url: str = ""
    stacks_api_key: str = ""
    stacks_api_key_header: str = "x-api-key"
    stacks_ws_url: str = ""
    # The one contract that counts, as `ADDRESS.name`; one that looks like it is ignored.
    stacks_contract: str = ""
    stacks_sbtc_token: str = ""
    stacks_poll_s: float = 10.0
    # Bitcoin blocks upon a Stacks block after which it is final.
    stacks_finality_burn_blocks: Annotated[int, msgspec.Meta(ge=1, le=144)] = 6

    fee_bps: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 500
    order_ttl_s: Seconds = 1_800
    seat_ttl_s: Seconds = 600
    # How often an account may begin these in a minute.
    tasks_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 60
    payouts_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 60
    uploads_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 600
    projects_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 30
    project_writes_per_minute_max: Annotated[int, msgspec.Meta(ge=1)] = 120
    payout_min_lamports: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    payout_min_usdc_minor: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000

    signer_socket: Path = Path("var/signer/signer.sock")
    signer_token: str = ""
    signer_key_file: Path = Path("var/signer/treasury.key.json")
    signer_log_file: Path = Path("var/signer/signed.sqlite")
    signer_passphrase: str = ""
    signer_rpc_urls: str = ""
    signer_payout_max_lamports: int = 50_000_000_000
    signer_hour_max_lamports: int = 500_000_000_000
    signer_address_day_max_lamports: int = 200_000_000_000
    signer_payout_max_usdc_minor: int = 10_000_000_000
    signer_hour_max_usdc_minor: int = 100_000_000_000
    signer_address_day_max_usdc_minor: int = 40_000_000_000
    signer_float_min_lamports: int = 2_000_000

    attestation_key: str = ""

    @property
    def rpc_urls(self) -> list[str]:
        """The Solana RPC nodes, in order of preference."""
        return [url.strip() for url in self.solana_rpc_urls.split(",") if url.strip()]

    @property
    def secure(self) -> bool:
        """Whether people reach the site over TLS."""
        return self.public_url.startswith("https://")

    def need(self, *names: str) -> None:
        """Raises `InvalidInput` that names the first of `names` that has no value."""
        for name in names:
            if getattr(self, name) in ("", None):
                raise InvalidInput(reason=f"{PREFIX}{name.upper()} is not set, and is needed here.")


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} has no text form")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment; raises `InvalidInput` that names the wrong variable."""
    values: dict[str, str] = {}
    for field in msgspec.structs.fields(Settings):
        variable = PREFIX + field.name.upper()
        if f"{variable}_FILE" in environment:
            path = Path(environment[f"{variable}_FILE"])
            try:
                values[field.name] = path.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise InvalidInput(
                    reason=f"{variable}_FILE names {path}, which cannot be read: {error.strerror}."
                ) from error
        elif variable in environment:
            values[field.name] = environment[variable]
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        reason = str(error)
        for name in values:
            reason = reason.replace(f"`$.{name}`", PREFIX + name.upper())
        raise InvalidInput(reason=f"{reason}.") from error
