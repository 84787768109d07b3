"""`earnest`: every command, what it does and how it fails.

Imports happen inside the commands, so that `earnest --help` answers at once. What can be foreseen
ends with one plain line and exit code 1; a command that was typed wrongly ends with 2.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn
from uuid import UUID

from cyclopts import App, Group, Parameter
from cyclopts.exceptions import CycloptsError
from cyclopts.validators import Number

from earnest.kit.errors import EarnestError
from earnest.kit.settings import Network
from earnest.run.embedded.errors import EmbeddedPartFailed

if TYPE_CHECKING:
    from earnest.kit.settings import Settings

_MACHINE = Group.create_ordered("One machine")
_PROCESSES = Group.create_ordered("Processes, each alone and as many as wanted")
_MONEY = Group.create_ordered("Looking after the money")
_OPERATION = Group.create_ordered("Operation")

StateDir = Annotated[
    Path | None,
    Parameter(
        name="--state-dir",
        help="Where one machine's system keeps everything: EARNEST_STATE_DIR, or var.",
    ),
]
SlotMs = Annotated[
    int,
    Parameter(
        help="Milliseconds of a slot of the local chain.",
        validator=Number(gte=10, lte=10_000),
    ),
]
StacksBlockMs = Annotated[
    int,
    Parameter(
        help="Milliseconds between blocks of the local Stacks chain; 0 mines only when told.",
        validator=Number(gte=0, lte=3_600_000),
    ),
]
StacksBurnEvery = Annotated[
    int,
    Parameter(
        help="A Bitcoin block every so many of them; 0 only when told.",
        validator=Number(gte=0, lte=1_000_000),
    ),
]
ChainName = Annotated[
    Literal["solana", "stacks"] | None,
    Parameter(help="Which one, where more than one is halted."),
]
Port = Annotated[int | None, Parameter(validator=Number(gte=0, lte=65_535))]
Limit = Annotated[
    int, Parameter(help="How many a page, at most 1000.", validator=Number(gte=1, lte=1_000))
]
By = Annotated[str, Parameter(help="Who decided it: your name, for the audit.")]
Note = Annotated[str, Parameter(help="Why, for the audit.")]
ByTerminal = Annotated[
    str, Parameter(name="--by", help="Who decided it, for the audit: else the name of this login.")
]
WhyNote = Annotated[str, Parameter(name="--note", help="Why, for the audit.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="JSON, for programs.")]


def _version() -> str:
    from earnest.run.version import VERSION

    return VERSION


app = App(
    name="earnest",
    help="Paid work in which money moves only when the chain says so. Settings are environment "
    "variables, EARNEST_…; EARNEST_X_FILE names a file that holds the value of EARNEST_X.",
    version=_version,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    help_epilogue="`earnest COMMAND --help` says more. Exit codes: 0 as asked, 1 not so, "
    "2 typed wrongly.",
    usage="Usage: earnest COMMAND",
    default_parameter=Parameter(show_env_var=False, negative=""),
)
app["--help"].group = app["--version"].group = Group.create_ordered("Also")


# -- one machine --------------------------------------------------------------------------------


@app.command(group=_MACHINE)
def up(
    *,
    network: Network | None = None,
    port: Port = None,
    state_dir: StateDir = None,
    slot_ms: SlotMs = 400,
    stacks: Annotated[bool, Parameter(negative="--no-stacks")] = True,
    stacks_block_ms: StacksBlockMs = 1_000,
    stacks_burn_every: StacksBurnEvery = 10,
) -> None:
    """Start everything on this machine and stay until Ctrl-C.

    Postgres, an S3 server, a local Solana and a local Stacks chain are started where no setting
    names one (EARNEST_DATABASE_URL, of a role that may create roles; EARNEST_S3_ENDPOINT;
    EARNEST_SOLANA_RPC_URLS; EARNEST_STACKS_API_URL). Other networks than local need neither a
    local chain nor Node.

    Parameters
    ----------
    network
        Whose money moves: EARNEST_NETWORK, or local. On mainnet the passphrase of the signer's
        key is asked for.
    port
        Port of site and API on 127.0.0.1: EARNEST_API_PORT, or 8000; 0 takes a free one. The
        other parts take the ports after it, or free ones.
    stacks
        On the local network, with a Stacks chain of its own. Without one, and where
        EARNEST_STACKS_API_URL names none, projects are not offered.
    """
    import asyncio

    from earnest.run.up import Up

    system = Up(
        os.environ,
        network=network,
        port=port,
        state_dir=state_dir,
        slot_ms=slot_ms,
        stacks=stacks,
        stacks_block_ms=stacks_block_ms,
        stacks_burn_every=stacks_burn_every,
    )
    asyncio.run(system.run())


@app.command(group=_MACHINE)
def status(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """Say what runs on this machine, and how it does. Exit code 1 unless all is well."""
    from earnest.run.status import show_status

    return show_status(_state_dir(state_dir), as_json=json)


@app.command(group=_MACHINE)
def demo(
    *,
    state_dir: StateDir = None,
    slot_ms: SlotMs = 400,
    picture: Annotated[Path | None, Parameter(help="Write what was told as SVG, too.")] = None,
) -> int:
    """Play a task and a project once, on a system of its own, from first to last.

    A client and seven workers, then a client, three freelancers and an arbiter, with wallets of
    their own and over public HTTP only. The outcome is written to demo.json in the state directory.
    """
    from earnest.run.demo import run_demo

    return run_demo(_state_dir(state_dir), slot_ms=slot_ms, picture=picture)


# -- processes ----------------------------------------------------------------------------------


@app.command(group=_PROCESSES)
def api() -> None:
    """Serve HTTP: the API, its reference and the pictures. Holds no key that moves money."""
    from earnest.run.api import run_api
    from earnest.run.process import run_process

    run_process("api", run_api)


@app.command(group=_PROCESSES)
def worker() -> None:
    """Do background jobs: payouts, file checks, schedules."""
    from earnest.run.process import run_process
    from earnest.run.worker import run_jobs

    run_process("worker", run_jobs)


@app.command(group=_PROCESSES)
def indexer() -> None:
    """Follow the chain, and post to the ledger what it says. Holds no keys."""
    from earnest.run.indexer import run_indexer
    from earnest.run.process import run_process

    run_process("indexer", run_indexer)


signer = App(name="signer", help="The only key that moves money, and the process that holds it.")
signer.group = (_PROCESSES,)
app.command(signer)


@signer.default
@signer.command(name="serve")
def signer_serve() -> None:
    """Sign payouts that the ledger holds, within limits, over a private socket. The default."""
    from earnest.run.process import run_process
    from earnest.signer.server import serve

    run_process("signer", serve)


@signer.command(name="init")
def signer_init() -> None:
    """Make the key, encrypted under a passphrase, and print the address to fund.

    A key that is there is never overwritten.
    """
    from earnest.signer.commands import init_key

    print(init_key(_settings()))


@signer.command(name="status")
def signer_status(*, state_dir: StateDir = None) -> int:
    """Say whose key it is, how many payouts it signed, and which of them the ledger lacks.

    Exit code 1 when the ledger lacks any: an old backup was restored, and nothing is signed
    until a person has looked.
    """
    from earnest.run.operate.signer import show_signer

    return show_signer(_operator("signer", state_dir))


@signer.command(name="acknowledge")
def signer_acknowledge(payout: UUID, *, note: str, state_dir: StateDir = None) -> None:
    """State that you have looked at a payout that was signed and that the ledger lacks.

    Parameters
    ----------
    payout
        Its id, as `earnest signer status` lists it.
    note
        What you found. Kept in the signer's log.
    """
    from earnest.signer.commands import acknowledge

    acknowledge(_operator("signer", state_dir), payout, note)
    print(f"Noted. The signer no longer waits for payout {payout}.")


@app.command(group=_PROCESSES)
def migrate() -> None:
    """Bring the database to what this version expects. Needs the owner's EARNEST_DATABASE_URL.

    The passwords of the roles are taken from EARNEST_DATABASE_PASSWORD_API, _WORKER, _INDEXER
    and _SIGNER_RO (or …_FILE); a role without one keeps what it has.
    """
    from earnest.run.operate.setup import migrate_database

    migrate_database(_settings(), os.environ)


# -- looking after the money --------------------------------------------------------------------


@app.command(group=_MONEY)
def solvency(
    *,
    timeout: Annotated[
        int,
        Parameter(
            help="Seconds to wait for the ledger to get there.", validator=Number(gte=1, lte=3_600)
        ),
    ] = 60,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """Ask the chain itself, and hold the ledger against it. Exit code 1 when they differ.

    The chain says its balances at one final slot; the answer waits until the ledger has
    everything up to it.
    """
    from earnest.run.operate.solvency import show_solvency

    return show_solvency(_operator("api", state_dir), timeout_s=timeout, as_json=json)


ledger = App(name="ledger", help="The book in which every balance is written.")
ledger.group = (_MONEY,)
app.command(ledger)


@ledger.command(name="verify")
def ledger_verify(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """Replay every entry, and check every hash and signed checkpoint. Exit code 1 on a fault."""
    from earnest.run.operate.ledger import show_verification

    return show_verification(_operator("api", state_dir), as_json=json)


@ledger.command(name="history")
def ledger_history(
    account: str | None = None,
    *,
    cursor: str | None = None,
    limit: Limit = 50,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List the entries of one ledger account, the newest first; without one, list the accounts.

    Parameters
    ----------
    account
        Name or number of the account, such as suspense:SOL.
    cursor
        Where the page before ended, as it said.
    """
    from earnest.run.operate.ledger import show_accounts, show_history

    settings = _operator("api", state_dir)
    if account is None:
        return show_accounts(settings, cursor=cursor, limit=limit, as_json=json)
    return show_history(settings, account, cursor=cursor, limit=limit, as_json=json)


suspense = App(name="suspense", help="Money that arrived and is nobody's yet.")
suspense.group = (_MONEY,)
app.command(suspense)


@suspense.command(name="list")
def suspense_list(
    *,
    cursor: str | None = None,
    limit: Limit = 50,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List what waits for a person to decide, the oldest first."""
    from earnest.run.operate.suspense import show_suspense

    return show_suspense(_operator("api", state_dir), cursor=cursor, limit=limit, as_json=json)


@suspense.command(name="settle")
def suspense_settle(
    item: UUID,
    *,
    to: str,
    by: By,
    note: Note,
    state_dir: StateDir = None,
) -> None:
    """Give an item to somebody's balance. It cannot be taken back.

    Parameters
    ----------
    item
        Its id, as `earnest suspense list` names it.
    to
        Who gets it: an account's id, or an address linked to one.
    """
    from earnest.run.operate.suspense import settle

    settle(_operator("worker", state_dir), item, to=to, by=by, note=note)


payouts = App(name="payouts", help="Payouts that wait for a person, and the pause of one.")
payouts.group = (_MONEY,)
app.command(payouts)


@payouts.default
@payouts.command(name="stuck")
def payouts_stuck(
    *,
    minutes: Annotated[
        int,
        Parameter(help="Under way for at least that long.", validator=Number(gte=0, lte=525_600)),
    ] = 10,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List payouts that are held or take too long, and why nothing is paid out, if so.

    The default. Exit code 1 when there is anything.
    """
    from earnest.run.operate.payouts import show_stuck

    return show_stuck(_operator("worker", state_dir), minutes=minutes, as_json=json)


@payouts.command(name="hold")
def payouts_hold(payout: UUID, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Keep a payout from being sent. What of it is signed already goes on."""
    from earnest.run.operate.payouts import hold

    hold(_operator("worker", state_dir), payout, by=by, note=note)


@payouts.command(name="release")
def payouts_release(payout: UUID, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Let a held payout go on."""
    from earnest.run.operate.payouts import release

    release(_operator("worker", state_dir), payout, by=by, note=note)


@payouts.command(name="give-back")
def payouts_give_back(payout: UUID, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """End a payout that can never land any more; its sum goes back to the balance."""
    from earnest.run.operate.payouts import give_back

    give_back(_operator("worker", state_dir), payout, by=by, note=note)


@payouts.command(name="stop")
def payouts_stop(*, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Stop all payouts, until `clear-halt stopped_by_operator`. What is signed may still land."""
    from earnest.run.operate.payouts import stop

    stop(_operator("worker", state_dir), by=by, note=note)


@payouts.command(name="clear-halt")
def payouts_clear_halt(code: str, *, by: By, note: Note, state_dir: StateDir = None) -> None:
    """Let payouts go on after a halt, once you know why they were halted."""
    from earnest.run.operate.payouts import clear_halt

    clear_halt(_operator("worker", state_dir), code, by=by, note=note)


@app.command(group=_MONEY)
def audit(
    *,
    act: Annotated[str | None, Parameter(help="Only this act, such as payout_hold.")] = None,
    subject: Annotated[
        str | None, Parameter(help="Only what was done to this, such as payout:ID.")
    ] = None,
    by: Annotated[
        str | None, Parameter(help="Only this operator: an account's id, or a name.")
    ] = None,
    cursor: str | None = None,
    limit: Limit = 50,
    json: AsJson = False,
    state_dir: StateDir = None,
) -> int:
    """List what operators did, the newest first: who, what, about what, and why.

    It can only grow: no role of the database may change or remove a line.

    Parameters
    ----------
    cursor
        Where the page before ended, as it said.
    """
    from earnest.run.operate.audit import show_audit

    return show_audit(
        _operator("api", state_dir),
        act=act,
        subject=subject,
        by=by,
        cursor=cursor,
        limit=limit,
        as_json=json,
    )


# -- operation ----------------------------------------------------------------------------------

chain = App(name="chain", help="How far a chain is followed, and going on after a halt.")
chain.group = (_OPERATION,)
app.command(chain)


@chain.command(name="status")
def chain_status(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """Say how far the chain is followed. Exit code 1 when following it is halted."""
    from earnest.run.operate.chain import show_chain

    return show_chain(_operator("api", state_dir), as_json=json)


@chain.command(name="resume")
def chain_resume(
    *,
    chain: ChainName = None,
    by: ByTerminal = "",
    note: WhyNote = "",
    state_dir: StateDir = None,
) -> int:
    """Follow a halted chain again, once you have found out why it was halted.

    Where Stacks was halted because final blocks are gone, what was final above the fork is then
    taken back and the branch that the servers count now is followed.
    """
    from earnest.run.operate.chain import resume

    return resume(_operator("indexer", state_dir), only=chain, by=by, note=note)


@app.command(group=_OPERATION)
def rebuild(
    *,
    json: AsJson = False,
    by: ByTerminal = "",
    note: WhyNote = "",
    state_dir: StateDir = None,
) -> int:
    """Empty what is shown of the escrow, fold the log of its events again, and compare.

    Exit code 1 when the rebuilt projections are not the ones that stood; then the rebuilt ones
    stay. Works while everything runs: readers see the old ones until it is done.
    """
    from earnest.run.logging import set_up_logging
    from earnest.run.operate.rebuild import show_rebuild

    settings = _operator("indexer", state_dir)
    set_up_logging(settings, "rebuild")
    return show_rebuild(settings, as_json=json, by=by, note=note)


jobs = App(name="jobs", help="Background jobs that failed for good and are held.")
jobs.group = (_OPERATION,)
app.command(jobs)


@jobs.default
@jobs.command(name="list")
def jobs_list(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """List what is held with its reason, and count what waits and runs. The default."""
    from earnest.run.operate.jobs import show_jobs

    return show_jobs(_operator("worker", state_dir), as_json=json)


@jobs.command(name="retry")
def jobs_retry(
    first: int,
    *more: int,
    by: ByTerminal = "",
    note: WhyNote = "",
    state_dir: StateDir = None,
) -> None:
    """Queue held jobs again, with all their tries.

    Parameters
    ----------
    first
        Its number, as `earnest jobs` lists it.
    more
        Others: all of them are queued, or none.
    """
    from earnest.run.operate.jobs import retry_jobs

    retry_jobs(_operator("worker", state_dir), (first, *more), by=by, note=note)


dossier = App(name="dossier", help="The signed records of disputes.")
dossier.group = (_OPERATION,)
app.command(dossier)


@dossier.command(name="verify")
def dossier_verify(
    file: Path,
    *,
    key: str | None = None,
    files: Path | None = None,
    json: AsJson = False,
) -> int:
    """Prove a dossier with nothing but the file. Exit code 1 when anything speaks against it.

    No network and no database are asked, and nothing has to be configured.

    Parameters
    ----------
    file
        The dossier, as it was downloaded.
    key
        The public key that it must be signed with, in hex: GET /api/attestation-key.
    files
        A folder with the files of the evidence. They are found by what they hold, not by name.
    """
    from earnest.run.operate.dossier import verify_dossier

    return verify_dossier(file, key=key, folder=files, as_json=json)


contract = App(name="contract", help="The escrow contract: its owner's calls, and our copy of it.")
contract.group = (_OPERATION,)
app.command(contract)


@contract.command(name="prepare")
def contract_prepare(
    act: str,
    *words: str,
    sender: str,
    contract: str = "",
) -> None:
    """Print an unsigned call of the contract's owner as JSON, for a wallet to sign.

    Parameters
    ----------
    act
        set-treasury ADDRESS, set-token CONTRACT ASSET yes|no, set-paused yes|no,
        propose-arbiter-set THRESHOLD ADDRESS…, activate-arbiter-set, propose-fee BASIS-POINTS,
        activate-fee, propose-owner ADDRESS, accept-ownership.
    words
        What belongs to it.
    sender
        The wallet that will sign.
    contract
        ADDRESS.name; without it EARNEST_STACKS_CONTRACT.
    """
    from earnest.run.operate.contract import print_prepared

    print_prepared(_settings(), act, words, contract, sender)


@contract.command(name="resync")
def contract_resync(*, by: ByTerminal = "", note: WhyNote = "", state_dir: StateDir = None) -> int:
    """Have the indexer hold its log against the chain and make what is shown anew."""
    from earnest.run.operate.contract import request_resync

    return request_resync(_operator("indexer", state_dir), by=by, note=note)


cdn = App(name="cdn", help="What a content delivery network in front of the store needs.")
cdn.group = (_OPERATION,)
app.command(cdn)


@cdn.command(name="policy")
def cdn_policy(
    *,
    part: Annotated[
        Literal["all", "bucketPolicy", "lifecycle", "iamPolicy", "cors"],
        Parameter(help="Which of the policies."),
    ] = "all",
) -> None:
    """Print the bucket policy for CloudFront, the life-cycle rules, and the server's own policy."""
    from earnest.run.operate.setup import print_cdn_policy

    print_cdn_policy(_settings(), part)


@app.command(group=_OPERATION)
def openapi(
    *,
    check: Annotated[
        Path | None, Parameter(help="Compare with this file. Exit code 1 when it differs.")
    ] = None,
    write: Annotated[Path | None, Parameter(help="Write into this file.")] = None,
) -> int:
    """Print the description of the API (OpenAPI 3.1), or compare it with a file."""
    from earnest.run.openapi import check_file, document, write_file

    if check is not None:
        return check_file(check)
    if write is not None:
        write_file(write)
        return 0
    sys.stdout.write(document())
    return 0


@app.command(name="version", group=_OPERATION)
def show_version() -> None:
    """Print the version."""
    print(_version())


# In the order in which a new operator meets them, not by the alphabet.
for _place, _name in enumerate(
    (
        *("up", "status", "demo"),
        *("api", "worker", "indexer", "signer", "migrate"),
        *("solvency", "ledger", "suspense", "payouts", "audit"),
        *("chain", "rebuild", "contract", "jobs", "dossier", "cdn", "openapi", "version"),
    )
):
    app[_name].sort_key = _place


# -- settings and errors ------------------------------------------------------------------------


def _settings() -> "Settings":
    from earnest.kit.settings import read_settings

    return read_settings(os.environ)


def _state_dir(named: Path | None) -> Path:
    from earnest.kit.settings import read_settings

    return named or read_settings(os.environ).state_dir


def _operator(process: str, state_dir: Path | None) -> "Settings":
    from earnest.run.installation import operator_settings

    return operator_settings(process, os.environ, state_dir=state_dir)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs one command and exits: 0 as asked, 1 not so, 2 typed wrongly."""
    from earnest.run.terminal import complain

    try:
        code = app(
            arguments,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        complain(f"{error} See `earnest --help`.")
        sys.exit(2)
    except (EarnestError, EmbeddedPartFailed) as error:
        complain(str(error))
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read the output has left, as `head` does. Nothing more is to be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
