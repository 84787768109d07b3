"""Everything on one machine: start it, look at it, see it work."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from earnest.kit.settings import Network
from earnest.run.cli.app import MACHINE, app
from earnest.run.cli.parameters import (
    AsJson,
    Port,
    SlotMs,
    StacksBlockMs,
    StacksBurnEvery,
    StateDir,
    state_dir_of,
)

# In the order in which a new operator meets them, not by the alphabet.
NAMES = ("up", "status", "demo")


@app.command(group=MACHINE)
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


@app.command(group=MACHINE)
def status(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """Say what runs on this machine, and how it does. Exit code 1 unless all is well."""
    from earnest.run.status import show_status

    return show_status(state_dir_of(state_dir), as_json=json)


@app.command(group=MACHINE)
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

    return run_demo(state_dir_of(state_dir), slot_ms=slot_ms, picture=picture)
