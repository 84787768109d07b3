"""A worker as a process of its own, for tests that kill it: `worker_process.py <database url>`.

Its one handler writes a row into `runs`, then waits until `gate` has a row, then writes `ends`.
"""

import asyncio
import os
import signal
import sys
from typing import Any

from earnest.jobs import Job, JobRegistry, Timing, run_worker
from earnest.kit.db import Database

registry = JobRegistry()


@registry.job("gated")
async def gated(job: Job[dict[str, Any]], database: Database) -> None:
    """Says that it began, waits for the gate, says that it ended."""
    key = job.payload["key"]
    await database.execute("INSERT INTO runs (key, pid) VALUES ($1, $2)", key, os.getpid())
    is_open = False
    while not is_open:
        is_open = await database.fetchval("SELECT EXISTS (SELECT FROM gate), pg_sleep(0.05)")
    await database.execute("INSERT INTO ends (key) VALUES ($1) ON CONFLICT DO NOTHING", key)


async def main(url: str) -> None:
    """Works until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = await Database.connect(url, application="test worker", size_max=4)
    timing = Timing(poll_s=0.2, heartbeat_timeout_s=1.0, restart_delay_s=0.1)
    await run_worker(url, registry, database, stop, timing=timing)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
