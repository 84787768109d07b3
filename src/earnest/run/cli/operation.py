"""Chains, jobs, dossiers, the contract, and what others are told of us."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from earnest.run.cli.app import OPERATION, app, version
from earnest.run.cli.parameters import (
    AsJson,
    ByTerminal,
    ChainName,
    StateDir,
    WhyNote,
    read_environment,
    settings_of,
)

# In the order in which a new operator meets them, not by the alphabet.
NAMES = ("chain", "rebuild", "contract", "jobs", "dossier", "cdn", "openapi", "version")


chain = App(name="chain", help="How far a chain is followed, and going on after a halt.")
chain.group = (OPERATION,)
app.command(chain)


@chain.command(name="status")
def chain_status(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """Say how far the chain is followed. Exit code 1 when following it is halted."""
    from earnest.run.operate.chain import show_chain

    return show_chain(settings_of("api", state_dir), as_json=json)


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

    return resume(settings_of("indexer", state_dir), only=chain, by=by, note=note)


@app.command(group=OPERATION)
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

    settings = settings_of("indexer", state_dir)
    set_up_logging(settings, "rebuild")
    return show_rebuild(settings, as_json=json, by=by, note=note)


jobs = App(name="jobs", help="Background jobs that failed for good and are held.")
jobs.group = (OPERATION,)
app.command(jobs)


@jobs.default
@jobs.command(name="list")
def jobs_list(*, json: AsJson = False, state_dir: StateDir = None) -> int:
    """List what is held with its reason, and count what waits and runs. The default."""
    from earnest.run.operate.jobs import show_jobs

    return show_jobs(settings_of("worker", state_dir), as_json=json)


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

    retry_jobs(settings_of("worker", state_dir), (first, *more), by=by, note=note)


dossier = App(name="dossier", help="The signed records of disputes.")
dossier.group = (OPERATION,)
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
contract.group = (OPERATION,)
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

    print_prepared(read_environment(), act, words, contract, sender)


@contract.command(name="resync")
def contract_resync(*, by: ByTerminal = "", note: WhyNote = "", state_dir: StateDir = None) -> int:
    """Have the indexer hold its log against the chain and make what is shown anew."""
    from earnest.run.operate.contract import request_resync

    return request_resync(settings_of("indexer", state_dir), by=by, note=note)


cdn = App(name="cdn", help="What a content delivery network in front of the store needs.")
cdn.group = (OPERATION,)
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

    print_cdn_policy(read_environment(), part)


@app.command(group=OPERATION)
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


@app.command(name="version", group=OPERATION)
def show_version() -> None:
    """Print the version."""
    print(version())
