"""Each process alone, and what has to be there before the first."""

import os
from uuid import UUID

from cyclopts import App

from earnest.run.cli.app import PROCESSES, app
from earnest.run.cli.parameters import (
    StateDir,
    read_environment,
    settings_of,
)

# In the order in which a new operator meets them, not by the alphabet.
NAMES = ("api", "worker", "indexer", "signer", "migrate")


@app.command(group=PROCESSES)
def api() -> None:
    """Serve HTTP: the API, its reference and the pictures. Holds no key that moves money."""
    from earnest.run.api import run_api
    from earnest.run.process import run_process

    run_process("api", run_api)


@app.command(group=PROCESSES)
def worker() -> None:
    """Do background jobs: payouts, file checks, schedules."""
    from earnest.run.process import run_process
    from earnest.run.worker import run_jobs

    run_process("worker", run_jobs)


@app.command(group=PROCESSES)
def indexer() -> None:
    """Follow the chain, and post to the ledger what it says. Holds no keys."""
    from earnest.run.indexer import run_indexer
    from earnest.run.process import run_process

    run_process("indexer", run_indexer)


signer = App(name="signer", help="The only key that moves money, and the process that holds it.")
signer.group = (PROCESSES,)
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

    print(init_key(read_environment()))


@signer.command(name="status")
def signer_status(*, state_dir: StateDir = None) -> int:
    """Say whose key it is, how many payouts it signed, and which of them the ledger lacks.

    Exit code 1 when the ledger lacks any: an old backup was restored, and nothing is signed
    until a person has looked.
    """
    from earnest.run.operate.signer import show_signer

    return show_signer(settings_of("signer", state_dir))


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

    acknowledge(settings_of("signer", state_dir), payout, note)
    print(f"Noted. The signer no longer waits for payout {payout}.")


@app.command(group=PROCESSES)
def migrate() -> None:
    """Bring the database to what this version expects. Needs the owner's EARNEST_DATABASE_URL.

    The passwords of the roles are taken from EARNEST_DATABASE_PASSWORD_API, _WORKER, _INDEXER
    and _SIGNER_RO (or …_FILE); a role without one keeps what it has.
    """
    from earnest.run.operate.setup import migrate_database

    migrate_database(read_environment(), os.environ)
