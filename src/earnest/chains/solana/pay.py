"""Payment requests that wallets understand: `solana:` links, as Solana Pay has them. Pure.

Source: https://docs.solanapay.com/spec, "Transfer request".
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

import msgspec

from earnest.chains.errors import AddressInvalid, PaymentUrlInvalid
from earnest.chains.solana.build import Mint, parse_address
from earnest.kit.money import Asset, Chain, Money

SCHEME = "solana:"
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,19})(?:\.([0-9]{1,9}))?")


class PaymentRequest(msgspec.Struct, frozen=True):
    """What a payment link asks for. `recipient` is a wallet, never a token account."""

    recipient: str
    money: Money
    references: tuple[str, ...] = ()
    label: str | None = None
    message: str | None = None
    memo: str | None = None


def pay_url(request: PaymentRequest, mints: Mapping[Asset, Mint]) -> str:
    """The link for a payment request: what the QR code shows and a wallet opens.

    The amount is decimal, exact, with a digit before the point; spaces are `%20`. A token is
    named by its mint, which `mints` must know. Raises `AddressInvalid`.
    """
    if request.money.asset.chain is not Chain.SOLANA or request.money.amount_minor <= 0:
        raise ValueError(f"{request.money} cannot be asked for on Solana")
    parse_address(request.recipient)
    fields = [("amount", request.money.decimal())]
    if request.money.asset is not Asset.SOL:
        fields.append(("spl-token", mints[request.money.asset].address))
    fields += [("reference", str(parse_address(key))) for key in request.references]
    texts = {"label": request.label, "message": request.message, "memo": request.memo}
    fields += [(name, text) for name, text in texts.items() if text]
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields)
    return f"{SCHEME}{request.recipient}?{query}"


def parse_pay_url(url: str, mints: Mapping[Asset, Mint]) -> PaymentRequest:
    """Reads a link back, as a wallet does. Raises `PaymentUrlInvalid`.

    Only links with an amount are taken: a request that leaves the amount open is not ours.
    """
    if not url.startswith(SCHEME):
        raise PaymentUrlInvalid(reason="it does not begin with solana:")
    recipient, _, query = url.removeprefix(SCHEME).partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=64)
    except ValueError:
        raise PaymentUrlInvalid(reason="its fields cannot be read") from None
    references = tuple(value for name, value in pairs if name == "reference")
    single = {name: value for name, value in pairs if name != "reference"}
    if len(single) + len(references) != len(pairs):
        raise PaymentUrlInvalid(reason="a field is there twice")
    try:
        for address in (recipient, *references):
            parse_address(address)
    except AddressInvalid as error:
        raise PaymentUrlInvalid(reason=str(error)) from error
    asset = _asset(single.get("spl-token"), mints)
    return PaymentRequest(
        recipient=recipient,
        money=Money(_amount_minor(single.get("amount", ""), asset), asset),
        references=references,
        label=single.get("label"),
        message=single.get("message"),
        memo=single.get("memo"),
    )


def _asset(mint: str | None, mints: Mapping[Asset, Mint]) -> Asset:
    if mint is None:
        return Asset.SOL
    for asset, known in mints.items():
        if known.address == mint:
            return asset
    raise PaymentUrlInvalid(reason="an unknown token")


def _amount_minor(text: str, asset: Asset) -> int:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise PaymentUrlInvalid(reason="the amount is not a plain decimal")
    whole, part = match[1], match[2] or ""
    if len(part) > asset.decimals:
        raise PaymentUrlInvalid(reason="the amount is finer than the asset")
    scale: int = 10**asset.decimals
    return int(whole) * scale + int(part.ljust(asset.decimals, "0"))
