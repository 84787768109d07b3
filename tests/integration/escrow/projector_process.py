"""A projector as a process of its own, to be killed: `python -m … URL BATCH`."""

import asyncio
import sys

from earnest.escrow import Projector
from earnest.kit.db import Database
from tests.escrow_contract import CONTRACT


async def main(url: str, batch: int) -> None:
    """Folds until nothing is left."""
    database = await Database.connect(url, application="a projector to be killed")
    await Projector(database, CONTRACT, batch=batch).catch_up()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
