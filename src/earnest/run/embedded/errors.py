"""What can keep an embedded part from running, told so that it can be printed as it is."""


class EmbeddedPartFailed(Exception):
    """An embedded part cannot run. The text is one plain line for the person at the terminal."""


class UserNamespacesForbidden(EmbeddedPartFailed):
    """Postgres refuses to run as root, and the kernel refuses the namespace that would hide it."""


class EarnestAlreadyRuns(EmbeddedPartFailed):
    """Another process holds the lock of this state directory."""


class PortTaken(EmbeddedPartFailed):
    """Somebody else listens on the port that was asked for."""


class DataDirectoryInUse(EmbeddedPartFailed):
    """Another server process works in the data directory."""


class SecretLost(EmbeddedPartFailed):
    """Data is there, but the file with its password is gone."""


class ProgramMissing(EmbeddedPartFailed):
    """A program that this part consists of is not installed."""


class PartDidNotStart(EmbeddedPartFailed):
    """The process ended, or did not answer in time."""
