"""`earnest demo`: a task and a project, each once, on real parts, told as it happens.

It starts a system of its own in STATE_DIR/demo, plays a client and seven workers over public HTTP,
proves that ledger = chain; then plays a client, three freelancers and an arbiter on a project whose
money lies in an escrow; stops everything, and writes STATE_DIR/demo.json.
"""

import asyncio
import contextlib
import signal
import time
from pathlib import Path

import httpx

from earnest.kit.errors import EarnestError
from earnest.run.demo.errors import AskedToStop, DemoBroke
from earnest.run.demo.legs import Legs
from earnest.run.demo.outcome import Outcome, rfc3339_now
from earnest.run.demo.project_legs import ProjectLegs
from earnest.run.demo.project_scene import Scene
from earnest.run.demo.story import Story
from earnest.run.demo.system import System
from earnest.run.demo.tables import show_escrow, show_legs, show_paydays, show_treasury
from earnest.run.embedded.errors import EmbeddedPartFailed
from earnest.run.terminal import complain
from earnest.run.version import VERSION

SLOT_MS = 400
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_demo(state_dir: Path, *, slot_ms: int = SLOT_MS, picture: Path | None = None) -> int:
    """Plays the demo; gives the exit code: 0, 1 with one plain reason, or 128 + a signal.

    `picture` is where an SVG of all that was told is put.
    """
    report = state_dir / "demo.json"
    report.unlink(missing_ok=True)
    outcome = Outcome(slot_ms=slot_ms, started_at=rfc3339_now())
    began = time.monotonic()
    story = Story(record=picture is not None)
    code = asyncio.run(_play(state_dir / "demo", story, outcome))
    outcome.ended_at, outcome.seconds = rfc3339_now(), round(time.monotonic() - began, 3)
    outcome.ok = code == 0
    outcome.write(report)
    if outcome.ok:
        story.heading(f"Done in {outcome.seconds:.1f} s.")
        story.line(f"  The same for programs: {report}. Logs: {state_dir / 'demo' / 'log'}.")
        if picture is not None:
            story.save_picture(picture)
    else:
        complain(outcome.reason or "The demo broke off.")
    return code


async def _play(folder: Path, story: Story, outcome: Outcome) -> int:
    """Runs the legs until they end or a signal asks to stop; stops everything in any case."""
    system = System(folder, slot_ms=outcome.slot_ms)
    story.line(f"Earnest {VERSION}: a task and a project, from first to last, on real parts.")
    caught: list[signal.Signals] = []
    playing = asyncio.create_task(_tell(system, story, outcome))

    def on_signal(number: signal.Signals) -> None:
        caught.append(number)
        playing.cancel()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        await playing
    except asyncio.CancelledError:
        outcome.reason = str(AskedToStop(signal=caught[0].name if caught else "a signal"))
        return 128 + int(caught[0]) if caught else 1
    except (EarnestError, EmbeddedPartFailed) as error:
        outcome.reason = str(error)
        return 1
    except (httpx.HTTPError, OSError, LookupError, TypeError, ValueError) as error:
        # What an answer did not hold as the API promises, or what this machine refused.
        outcome.reason = f"It broke off: {type(error).__name__}: {error}"
        return 1
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
    return 0


async def _tell(system: System, story: Story, outcome: Outcome) -> None:
    legs = Legs(system, story, outcome)
    try:
        system.prepare()
        await legs.play()
        async with Scene(system, story, outcome) as scene:
            await ProjectLegs(scene).play()
    finally:
        with outcome.leg("stop"):
            # Shielded, so that a second signal does not leave anything running.
            stopping = asyncio.ensure_future(asyncio.to_thread(system.stop))
            while not stopping.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.shield(stopping)
    photos = {payday.address: legs.photo_of(payday.address) for payday in outcome.payouts}
    show_paydays(story, outcome, photos)
    show_treasury(story, outcome)
    show_escrow(story, outcome)
    show_legs(story, outcome)


__all__ = ["DemoBroke", "run_demo"]
