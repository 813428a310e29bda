"""A Ray cluster on this machine: each node is a raylet with a loopback address of its own, or with
one of a network namespace.

Its processes end by `end`, however deep they are; other Rays on the machine are left alone: ports
are free ones, files are below one directory, and it asks for a token of its own.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cluster.process_file import descendants
from weft.errors import WeftError

RAY = str(Path(sys.executable).with_name("ray"))
GCS_WAIT_SECONDS = 60  # that a node's processes wait for the head's; Ray's own is 20 to 30
START_SECONDS = 180.0  # a bound for when it fails; nothing waits for it to pass
LOOK_AGAIN_SECONDS = 0.05
AGENT_PORTS = (
    "--metrics-export-port", "--runtime-env-agent-port",
    "--dashboard-agent-grpc-port", "--dashboard-agent-listen-port",
)  # fmt: skip
PORT_OF_ITS_OWN = 6380  # where no one else listens at all
GCS = "gcs_server"
STARTED = b"Ray runtime started"


@dataclass(frozen=True, slots=True)
class Host:
    """`prefix`: what to put before a command that is to run there; none is this very host."""

    address: str
    prefix: tuple[str, ...] = ()


@dataclass
class RayNode:
    host: Host
    process: subprocess.Popen[bytes]
    cpus: int
    starts: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def address(self) -> str:
        return self.host.address

    def kill(self) -> None:
        """`kill -9` of the raylet and all that is on this node, at one blow."""
        for pid in (self.process.pid, *descendants(self.process.pid)):
            _signal(pid, signal.SIGKILL)
        self.process.wait()

    def pid_of(self, begins: str) -> int:
        """The process below it whose title's first word ends so."""
        below = descendants(self.process.pid)
        [pid] = [pid for pid, title in below.items() if title.split(" ")[0].endswith(begins)]
        return pid


@dataclass
class RayNodes:
    """The first node that is added is the head. `network`: how its addresses begin; of two Rays on
    this machine each has one of its own. `redis`: host:port of the Redis in which the head
    remembers its cluster; without one, a head that was killed has forgotten it.
    """

    directory: Path
    network: str = "127.0.77"
    redis: str = ""
    port: int = 0
    nodes: list[RayNode] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.head.address}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        token = self.directory / "token"
        if not token.exists():
            token.touch(0o600)
            token.write_text(secrets.token_hex(32))
        return {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_gcs_server_port_wait_time_s": str(GCS_WAIT_SECONDS),
        }

    @property
    def head(self) -> RayNode:
        return self.nodes[0]

    @property
    def outpost(self) -> RayNode:
        """For who has added it last and without a CPU, to be there himself: Weft is not."""
        return self.nodes[-1]

    def add(self, cpus: int = 1, host: Host | None = None) -> RayNode:
        """It has begun to start; whether it is there, Ray says."""
        host = host or Host(f"{self.network}.{len(self.nodes) + 1}")
        node = RayNode(host, self._start(host, cpus), cpus)
        self.nodes.append(node)
        return node

    def _start(self, host: Host, cpus: int) -> subprocess.Popen[bytes]:
        address, ports = host.address, []
        if not host.prefix:
            ports = [f"{flag}={free_port(address)}" for flag in AGENT_PORTS]
        is_head = not self.nodes or self.head.address == address
        environment = {**os.environ, **self.environment}
        if is_head:
            self.port = self.port or (PORT_OF_ITS_OWN if host.prefix else free_port(address))
            place = ["--head", f"--port={self.port}", "--include-dashboard=false"]
            place += [f"--temp-dir={self.directory}"]
            environment |= {"RAY_REDIS_ADDRESS": self.redis} if self.redis else {}
            # What a killed head has noted: other raylets on this machine would make it seem alive.
            (self.directory / "ray_current_cluster").unlink(missing_ok=True)
        else:
            place = [f"--address={self.address}"]
        command = [
            *host.prefix, RAY, "start", "--block", *place, *ports, f"--num-cpus={cpus}",
            f"--node-ip-address={address}", "--object-store-memory=80000000",
            "--disable-usage-stats",
        ]  # fmt: skip
        with (self.directory / f"{address}.log").open("wb") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def start_again(self, node: RayNode) -> None:
        """One that was killed, as another node at the same address; returns when it is there."""
        with node.starts:  # one that was killed twice is started once
            if node.process.poll() is not None:
                node.process = self._start(node.host, node.cpus)
            self.wait_for(node)

    def wait_for(self, node: RayNode) -> None:
        """Until it has started: `ray start --block` says so. Ray gives up on its own processes
        after some seconds, which a busy machine may need: then once more.
        """
        deadline = time.monotonic() + START_SECONDS
        while STARTED not in (self.directory / f"{node.address}.log").read_bytes():
            if time.monotonic() > deadline:
                raise WeftError("internal", f"A Ray node does not start: {self._logs()}")
            if node.process.poll() is not None:
                node.process = self._start(node.host, node.cpus)
            time.sleep(LOOK_AGAIN_SECONDS)

    def _logs(self) -> str:
        return "\n".join(log.read_text() for log in sorted(self.directory.glob("*.log")))

    def end(self) -> None:
        for node in reversed(self.nodes):
            node.kill()


def free_port(address: str) -> int:
    with socket.create_server((address, 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
