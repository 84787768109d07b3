"""How the launcher sees whether a process does its work: asked every two seconds."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from earnest.run.embedded.launch import answers_http

# Asked with the process id. Quick, never raises.
Probe = Callable[[int], bool]


@dataclass(frozen=True)
class HttpProbe:
    """Whether a loopback port answers 200."""

    port: int
    path: str

    def __call__(self, _pid: int, /) -> bool:
        """Whether the process answers."""
        return answers_http(self.port, self.path, status=200, seconds=3.0)


@dataclass(frozen=True)
class DoorProbe:
    """Whether it is this very process that listens on the private socket. Asks it nothing."""

    path: Path

    def __call__(self, pid: int, /) -> bool:
        """Whether `pid` listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.settimeout(2.0)
            try:
                door.connect(str(self.path))
                peer = door.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            except OSError:
                return False
        return bool(struct.unpack("3i", peer)[0] == pid)
