"""Signals and cuts from outside, by handles that never hit who took over a process number."""

import ctypes
import os
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass

from cluster.process_file import connections_to

PIDFD_GETFD = 438  # the system call, the same on every architecture


@dataclass(frozen=True, slots=True)
class Victim:
    """A process, while it lives. `close` when done."""

    pid: int
    handle: int

    @classmethod
    def of(cls, pid: int) -> "Victim":
        """Raises ProcessLookupError when it has gone."""
        return cls(pid, os.pidfd_open(pid))

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, number)

    def close(self) -> None:
        os.close(self.handle)


def cut_connections(pid: int, port: int) -> int:
    """End that process's TCP connections to that port, at both ends; how many."""
    handle = os.pidfd_open(pid)
    try:
        return sum(_shut(handle, descriptor) for descriptor in connections_to(port, pid))
    finally:
        os.close(handle)


def _shut(handle: int, descriptor: int) -> bool:
    own = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, handle, descriptor, 0)
    if own < 0:
        error = ctypes.get_errno()
        if error == 9:  # EBADF: it has closed it itself
            return False
        raise OSError(error, os.strerror(error))
    with socket.socket(fileno=own) as connection, suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    return True
