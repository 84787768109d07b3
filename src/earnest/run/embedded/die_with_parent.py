"""Turns itself into a program that the kernel ends together with its parent.

Run as a script, alone, with an isolated interpreter:

    python -I -S die_with_parent.py PARENT_PID SIGNAL hidden_root|same_user PROGRAM [ARGUMENT ...]

A launcher of its own, instead of a `preexec_fn`, because Python code between fork and exec can
deadlock in a program that has threads. It replaces itself (exec), so the process id the parent
sees is the program's own.

With `hidden_root` it first enters a user namespace in which root is user 1000, for programs that
refuse to run as root (Postgres). Files made there belong to root outside. The same as
`unshare --user --map-user=1000 --map-group=1000` (util-linux 2.35 and later), without needing it.
"""

import ctypes
import os
import sys

EXIT_NAMESPACE_FORBIDDEN = 125
EXIT_PROGRAM_MISSING = 127
EXIT_PARENT_GONE = 124

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def hide_root(libc: ctypes.CDLL) -> None:
    """Enters a user namespace in which our user and group are number 1000. Raises `OSError`."""
    outer_user, outer_group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for name, line in (
        # The kernel wants setgroups closed before an unprivileged process may map a group.
        ("setgroups", "deny"),
        ("uid_map", f"1000 {outer_user} 1"),
        ("gid_map", f"1000 {outer_group} 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, line.encode("ascii"))
        os.close(descriptor)


def main(arguments: list[str]) -> int:
    """Never returns when all goes well; otherwise the exit code says what was missing."""
    parent_pid, signal_number, user = int(arguments[0]), int(arguments[1]), arguments[2]
    program = arguments[3:]
    libc = ctypes.CDLL(None, use_errno=True)
    if user == "hidden_root":
        try:
            hide_root(libc)
        except OSError as error:
            print(f"user namespace refused: {error.strerror}", file=sys.stderr)
            return EXIT_NAMESPACE_FORBIDDEN
    # After the namespace: a change of credentials may clear the signal.
    if libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        print("prctl(PR_SET_PDEATHSIG) was refused", file=sys.stderr)
        return EXIT_PARENT_GONE
    if os.getppid() != parent_pid:
        # The parent died before the signal was armed; nobody would ever end us.
        return EXIT_PARENT_GONE
    try:
        os.execvp(program[0], program)  # noqa: S606  # to become another program is its purpose
    except OSError as error:
        print(f"cannot run {program[0]}: {error.strerror}", file=sys.stderr)
        return EXIT_PROGRAM_MISSING


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
