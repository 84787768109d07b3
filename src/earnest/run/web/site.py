"""What the pages must know of this house before anybody signs in."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter, SkipValidation

from earnest import escrow, payouts, projects, tasks
from earnest.accounts import SECURITY, CurrentPrincipal, parse_wallet, require_principal
from earnest.chains.solana import SolanaRpc, associated_token_address, mints_of
from earnest.kit.errors import InvalidInput
from earnest.kit.limits import limit_account
from earnest.kit.money import Asset, Chain
from earnest.kit.parts import GivenClock, GivenDatabase, GivenSettings
from earnest.kit.problems import answers
from earnest.kit.qr import QR_MEDIA_TYPE, qr_response
from earnest.kit.settings import Network, Settings
from earnest.kit.wire import AmountMinor, Wire
from earnest.run.version import VERSION

GivenSolana = NamedDependency[SkipValidation[SolanaRpc]]

_DAY: Final = timedelta(days=1)
# A page asks once for each payment that it is about to have signed.
_PURSES_PER_MINUTE_MAX: Final = 30
_SOLANA_CLUSTER: Final = {
    Network.DEVNET: "?cluster=devnet",
    Network.TESTNET: "?cluster=testnet",
    Network.MAINNET: "",
}


class ExplorerAnswer(Wire, frozen=True):
    """Where anybody can look at the chain; `{id}` stands for what is looked for."""

    chain_tx: str
    address: str


class ExplorersAnswer(Wire, frozen=True):
    """Null where no explorer sees the chain, as on local ones."""

    solana: ExplorerAnswer | None
    stacks: ExplorerAnswer | None


class LeastPayout(Wire, frozen=True):
    """The least that is paid out of an asset at once."""

    asset: Asset
    amount_minor: AmountMinor


class LocalAnswer(Wire, frozen=True):
    """The nodes of local chains, for the demo wallet."""

    solana_rpc_url: str | None
    stacks_api_url: str | None


class SiteAnswer(Wire, frozen=True):
    """This house: its network, its limits, and where its money is. Durations in seconds."""

    version: str
    domain: str
    network: Network
    solana_treasury: str
    usdc_mint: str | None
    stacks_contract: str | None
    fee_bps: int
    order_ttl_s: int
    seat_ttl_s: int
    upload_bytes_max: int
    payout_min: list[LeastPayout]
    project_assets: list[Asset]
    explorers: ExplorersAnswer
    local: LocalAnswer | None


class AmountAnswer(Wire, frozen=True):
    """A sum in one asset."""

    asset: Asset
    amount_minor: AmountMinor


class CountsAnswer(Wire, frozen=True):
    """What happens here, all of it together. `paidOutDay`: payouts that became final within the
    last 24 hours. `escrowed`: what the contract owes by its final events; null without one."""

    open_tasks: int
    votes_wanted: int
    open_projects: int | None
    paid_out_day: list[AmountAnswer]
    escrowed: list[AmountAnswer] | None
    at: datetime


class BlockhashAnswer(Wire, frozen=True):
    """What a Solana transaction is signed with, and the last block height it is good for."""

    chain: Chain
    blockhash: str
    last_valid_block_height: int


def _explorers(settings: Settings) -> ExplorersAnswer:
    if settings.network is Network.LOCAL:
        return ExplorersAnswer(solana=None, stacks=None)
    cluster = _SOLANA_CLUSTER[settings.network]
    stacks = "mainnet" if settings.network is Network.MAINNET else "testnet"
    return ExplorersAnswer(
        solana=ExplorerAnswer(
            chain_tx=f"https://explorer.solana.com/tx/{{id}}{cluster}",
            address=f"https://explorer.solana.com/address/{{id}}{cluster}",
        ),
        stacks=ExplorerAnswer(
            chain_tx=f"https://explorer.hiro.so/txid/{{id}}?chain={stacks}",
            address=f"https://explorer.hiro.so/address/{{id}}?chain={stacks}",
        ),
    )


def _local(settings: Settings) -> LocalAnswer | None:
    if settings.network is not Network.LOCAL:
        return None
    return LocalAnswer(
        solana_rpc_url=next(iter(settings.rpc_urls), None),
        stacks_api_url=settings.stacks_api_url or None,
    )


def _escrowed(owed: dict[str, int], settings: Settings) -> list[AmountAnswer]:
    """Tokens other than sBTC are not offered here, and not shown."""
    assets = {str(escrow.STX): Asset.STX, settings.stacks_sbtc_token: Asset.SBTC}
    return [
        AmountAnswer(asset=asset, amount_minor=str(owed.get(token, 0)))
        for token, asset in assets.items()
        if token
    ]


def _project_assets(settings: Settings) -> list[Asset]:
    """What projects can be paid in: none without a contract."""
    if not settings.stacks_contract:
        return []
    return [Asset.STX, Asset.SBTC] if settings.stacks_sbtc_token else [Asset.STX]


class PurseAnswer(Wire, frozen=True):
    """What a Solana wallet holds, as far as the chain has confirmed it. `usdcMinor` is of the
    house's own mint: null where the wallet has no account for it, or the house takes none."""

    lamports: AmountMinor
    usdc_minor: AmountMinor | None


def describe(settings: Settings) -> SiteAnswer:
    """This house as its settings say; the same until it starts again."""
    return SiteAnswer(
        version=VERSION,
        domain=urlsplit(settings.public_url).netloc,
        network=settings.network,
        solana_treasury=settings.solana_treasury,
        usdc_mint=settings.solana_usdc_mint or None,
        stacks_contract=settings.stacks_contract or None,
        fee_bps=settings.fee_bps,
        order_ttl_s=settings.order_ttl_s,
        seat_ttl_s=settings.seat_ttl_s,
        upload_bytes_max=settings.upload_bytes_max,
        payout_min=[
            LeastPayout(asset=Asset.SOL, amount_minor=str(settings.payout_min_lamports)),
            LeastPayout(asset=Asset.USDC, amount_minor=str(settings.payout_min_usdc_minor)),
        ],
        project_assets=_project_assets(settings),
        explorers=_explorers(settings),
        local=_local(settings),
    )


class SiteController(Controller):
    """What is the same for everybody."""

    path = "/api/site"
    tags = ("site",)

    @get("/", summary="This house", sync_to_thread=False)
    def show(self, settings: GivenSettings) -> Response[SiteAnswer]:
        """Network, limits and addresses, for pages and integrators."""
        return Response(describe(settings), headers={"Cache-Control": "public, max-age=60"})

    @get(
        "/qr.svg",
        summary="The address of a page here as a QR code",
        responses=answers(400),
        media_type=QR_MEDIA_TYPE,
        sync_to_thread=False,
    )
    def qr(
        self,
        settings: GivenSettings,
        path: Annotated[
            str,
            QueryParameter(
                pattern=r"^/[A-Za-z0-9/_-]{0,200}(?!\n)$",
                description="A path of this site alone; no other address is drawn.",
            ),
        ],
    ) -> Response[bytes]:
        """For a phone to read: a task, a project, a person. Dark on white in both themes."""
        return qr_response(f"{settings.public_url.rstrip('/')}{path}", max_age_s=86_400)

    @get("/counts", summary="What happens here", responses=answers(503))
    async def counts(
        self, settings: GivenSettings, database: GivenDatabase, clock: GivenClock
    ) -> Response[CountsAnswer]:
        """For everybody, and never of one task: its counts are for its requester."""
        now = clock.now()
        contract = settings.stacks_contract
        async with database.connection() as db:
            open_tasks = await tasks.count_open(db)
            paid = await payouts.paid_out_since(db, now - _DAY)
            open_projects = await projects.count_open(db) if contract else None
            owed = await escrow.owed_of(db, contract, escrow.View.FINAL) if contract else None
        answer = CountsAnswer(
            open_tasks=open_tasks.tasks,
            votes_wanted=open_tasks.votes,
            open_projects=open_projects,
            paid_out_day=[
                AmountAnswer(asset=sum_.asset, amount_minor=str(sum_.amount_minor)) for sum_ in paid
            ],
            escrowed=None if owed is None else _escrowed(owed, settings),
            at=now,
        )
        return Response(answer, headers={"Cache-Control": "public, max-age=5"})

    @get("/blockhash", summary="A recent Solana blockhash", responses=answers(503))
    async def blockhash(self, solana: GivenSolana) -> Response[BlockhashAnswer]:
        """So that a page can build a payment without speaking to a node of somebody else's."""
        found = await solana.get_latest_blockhash()
        return Response(
            BlockhashAnswer(
                chain=Chain.SOLANA,
                blockhash=str(found.blockhash),
                last_valid_block_height=found.last_valid_block_height,
            ),
            headers={"Cache-Control": "no-store"},
        )

    @get(
        "/purse",
        summary="What a Solana wallet holds",
        dependencies={"principal": Provide(require_principal)},
        security=SECURITY,
        responses=answers(400, 401, 429, 503),
    )
    async def purse(
        self,
        principal: CurrentPrincipal,
        solana: GivenSolana,
        settings: GivenSettings,
        database: GivenDatabase,
        address: FromQuery[Annotated[str, msgspec.Meta(max_length=44)]],
    ) -> Response[PurseAnswer]:
        """So that a page can say that it is too little before a wallet is asked to sign."""
        if parse_wallet(address).chain != Chain.SOLANA:
            raise InvalidInput(reason="the address is not one of Solana")
        await limit_account(database, "purse", principal.account_id, most=_PURSES_PER_MINUTE_MAX)
        mint = mints_of(settings).get(Asset.USDC)
        tokens = [associated_token_address(address, mint)] if mint else []
        _slot, found = await solana.get_multiple_balances(
            [address, *tokens], commitment="confirmed"
        )
        held = next((found[token] for token in tokens if found[token].mint is not None), None)
        return Response(
            PurseAnswer(
                lamports=str(found[address].lamports),
                usdc_minor=None if held is None else str(held.token_minor),
            ),
            headers={"Cache-Control": "no-store"},
        )


ROUTES: list[Any] = [SiteController]
