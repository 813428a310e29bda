"""Whose processes are whose, what CPU they have used, and who listens where: read from /proc, so
Linux only.
"""

import os
import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
LISTENS = "0A"  # the kernel's state of a socket that waits for connections


def descendants(pid: int) -> dict[int, str]:
    """Every process below `pid`, with its title."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = _stat(path)
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found[child] = title(child)
            waiting.append(child)
    return found


def title(pid: int) -> str:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return raw.rstrip(b"\0 ").replace(b"\0", b" ").decode(errors="replace")


def cpu_seconds(pid: int) -> float:
    """User and system time of the process itself; 0 when it has ended."""
    fields = _stat(Path(f"/proc/{pid}/stat"))
    return 0.0 if fields is None else (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def listener(port: int, pids: Iterable[int], host: str | None = None) -> int | None:
    """Which of the processes listens on this TCP port; of that IPv4 address, if it is named."""
    wanted = f":{port:04X}" if host is None else f"{_kernel_address(host)}:{port:04X}"
    inodes = {
        inode for local, _, state, inode in _tcp() if local.endswith(wanted) and state == LISTENS
    }
    for pid in pids:
        if inodes & sockets_of(pid).keys():
            return pid
    return None


def connections_to(port: int, pid: int) -> list[int]:
    """The file descriptors of that process that are connected to this TCP port."""
    inodes = {inode for _, remote, _, inode in _tcp() if remote.endswith(f":{port:04X}")}
    return [descriptor for inode, descriptor in sockets_of(pid).items() if inode in inodes]


def sockets_of(pid: int) -> dict[str, int]:
    """The descriptor of each socket of the process, by the kernel's number of the socket."""
    found = {}
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(path.readlink())
        except OSError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            found[target.removeprefix("socket:[").rstrip("]")] = int(path.name)
    return found


def _tcp() -> Iterator[tuple[str, str, str, str]]:
    """(local address:port, remote address:port, state, inode) of every TCP socket, in the kernel's
    hexadecimal."""
    for name in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            yield fields[1], fields[2], fields[3], fields[9]


def _kernel_address(host: str) -> str:
    """Of an IPv4 address; the kernel writes the number as its memory holds it."""
    (number,) = struct.unpack("=I", socket.inet_aton(host))
    return f"{number:08X}"


def _stat(path: Path) -> list[str] | None:
    """The fields after the name, which may itself hold spaces and brackets."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return None
