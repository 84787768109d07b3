"""`earnest`: every command, what it does and how it fails.

Imports happen inside the commands, so that `earnest --help` answers at once. What can be foreseen
ends with one plain line and exit code 1; a command that was typed wrongly ends with 2.
"""

import os
import sys
from typing import NoReturn

from cyclopts.exceptions import CycloptsError

from earnest.kit.errors import EarnestError
from earnest.run.cli import machine, money, operation, processes
from earnest.run.cli.app import app
from earnest.run.embedded.errors import EmbeddedPartFailed

__all__ = ["app", "main"]

for _place, _name in enumerate((*machine.NAMES, *processes.NAMES, *money.NAMES, *operation.NAMES)):
    app[_name].sort_key = _place


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
