"""`earnest contract`: the owner's calls, prepared for a wallet; and the cache, made anew."""

from collections.abc import Callable, Sequence

from earnest import audit
from earnest.chains.stacks import sync_status
from earnest.chains.stacks.clarity import NotClarity, Principal
from earnest.escrow import PreparedCall, Token
from earnest.escrow.calls import contract as calls
from earnest.escrow.comparison.store import ask_resync
from earnest.kit.db import Database
from earnest.kit.errors import InvalidInput
from earnest.kit.settings import Settings
from earnest.run.operate import print_json, who, with_database
from earnest.run.terminal import complain, console

# How many words follow an act; the last one's may be repeated where the number is negative.
_TAKES = {
    "set-treasury": 1,
    "set-paused": 1,
    "set-token": 3,
    "propose-arbiter-set": -2,
    "activate-arbiter-set": 0,
    "propose-fee": 1,
    "activate-fee": 0,
    "propose-owner": 1,
    "accept-ownership": 0,
}
_USAGE = {
    "set-treasury": "ADDRESS",
    "set-paused": "yes|no",
    "set-token": "CONTRACT ASSET yes|no",
    "propose-arbiter-set": "THRESHOLD ADDRESS…",
    "activate-arbiter-set": "",
    "propose-fee": "BASIS-POINTS",
    "activate-fee": "",
    "propose-owner": "ADDRESS",
    "accept-ownership": "",
}


def prepare(act: str, words: Sequence[str], *, contract: str, sender: str) -> PreparedCall:
    """The call for an act of the owner. Raises `InvalidInput`, `FigureNotPossible`."""
    takes = _TAKES.get(act)
    if takes is None:
        raise InvalidInput(reason=f"There is no {act}. There are: {', '.join(_TAKES)}.")
    if len(words) != takes and not (takes < 0 and len(words) >= -takes):
        raise InvalidInput(reason=f"Say it as: {act} {_USAGE[act]}".rstrip() + ".")
    if "." not in contract:
        raise InvalidInput(reason="The contract is ADDRESS.name: --contract, or the setting.")
    _check_principals(contract, sender)
    made: dict[str, Callable[[], PreparedCall]] = {
        "set-treasury": lambda: calls.prepare_treasury_change(
            contract, owner=sender, treasury=_address(words[0])
        ),
        "set-paused": lambda: calls.prepare_pause(contract, owner=sender, stop=_yes(words[0])),
        "set-token": lambda: calls.prepare_token_listing(
            contract,
            owner=sender,
            token=Token(_address(words[0]), words[1]),
            allowed=_yes(words[2]),
        ),
        "propose-arbiter-set": lambda: calls.prepare_arbiter_set(
            contract,
            owner=sender,
            members=[_address(each) for each in words[1:]],
            threshold=_number(words[0]),
        ),
        "activate-arbiter-set": lambda: calls.prepare_arbiter_set_activation(
            contract, sender=sender
        ),
        "propose-fee": lambda: calls.prepare_fee(contract, owner=sender, fee_bps=_number(words[0])),
        "activate-fee": lambda: calls.prepare_fee_activation(contract, sender=sender),
        "propose-owner": lambda: calls.prepare_owner_change(
            contract, owner=sender, new_owner=_address(words[0])
        ),
        "accept-ownership": lambda: calls.prepare_ownership_acceptance(contract, new_owner=sender),
    }
    return made[act]()


def print_prepared(
    settings: Settings, act: str, words: Sequence[str], contract: str, sender: str
) -> None:
    """Prints the call as JSON, as wallets take it."""
    print_json(prepare(act, words, contract=contract or settings.stacks_contract, sender=sender))


def request_resync(settings: Settings, *, by: str, note: str) -> int:
    """Asks the indexer to hold the log against the chain and to fold it anew. 1 without a log."""

    async def work(database: Database) -> bool | None:
        async with database.db_tx() as db_tx:
            followed = await sync_status(db_tx)
            if followed is None:
                return None
            asked = await ask_resync(db_tx, followed.contract, "operator", None, [])
            if asked:
                await audit.record(
                    db_tx,
                    by=who(by),
                    act="contract_resync",
                    subject=f"contract:{followed.contract}",
                    note=note.strip(),
                )
            return asked

    asked = with_database(settings, work)
    if asked is None:
        complain("No escrow contract has been followed yet, so there is nothing to make anew.")
        return 1
    console().print(
        "The indexer reads the chain again and folds all of it anew. It logs how that ended."
        if asked
        else "That is asked already, and not done yet."
    )
    return 0


def _address(text: str) -> str:
    _check_principals(text)
    return text


def _check_principals(*texts: str) -> None:
    for text in texts:
        try:
            Principal.parse(text)
        except NotClarity as error:
            raise InvalidInput(reason=f"{text} is no Stacks address: {error}.") from error


def _yes(word: str) -> bool:
    if word not in ("yes", "no"):
        raise InvalidInput(reason=f"Say yes or no, not {word}.")
    return word == "yes"


def _number(word: str) -> int:
    if not (word.isascii() and word.isdecimal()):
        raise InvalidInput(reason=f"{word} is no whole number.")
    return int(word)
