"""The program and the groups of its commands."""

from cyclopts import App, Group, Parameter

MACHINE = Group.create_ordered("One machine")
PROCESSES = Group.create_ordered("Processes, each alone and as many as wanted")
MONEY = Group.create_ordered("Looking after the money")
OPERATION = Group.create_ordered("Operation")


def version() -> str:
    """Ours."""
    from earnest.run.version import VERSION

    return VERSION


app = App(
    name="earnest",
    help="Paid work in which money moves only when the chain says so. Settings are environment "
    "variables, EARNEST_…; EARNEST_X_FILE names a file that holds the value of EARNEST_X.",
    version=version,
    version_flags=["--version"],
    help_flags=["--help", "-h"],
    help_epilogue="`earnest COMMAND --help` says more. Exit codes: 0 as asked, 1 not so, "
    "2 typed wrongly.",
    usage="Usage: earnest COMMAND",
    default_parameter=Parameter(show_env_var=False, negative=""),
)
app["--help"].group = app["--version"].group = Group.create_ordered("Also")
