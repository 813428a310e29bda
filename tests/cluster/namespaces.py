"""Hosts in a network of their own on this machine: each a network namespace with one address, and
a hub that routes between them. What is cut vanishes there without a word, as in a network that
loses everything: no reset, no refusal.

        outside: this process, the stores      10.x.y.1 and next
               │
              hub          forgets what is cut
            ┌──┴──┐
          host   host      10.x.y.20 and next
"""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cluster.chaos.ray_nodes_service import Host

HUB_NUMBER, HOST_NUMBER = 254, 20
SUBNETS = 50  # that are tried; another network of ours may have one


@dataclass
class Network:
    """`cut` and `mend` take addresses; without a second one, from everything."""

    name: str
    subnet: str = ""
    hosts: list[Host] = field(default_factory=list)

    @property
    def hub(self) -> str:
        return f"{self.name}h"

    def outside(self, number: int) -> str:
        """An address of this process: the first is 0."""
        return f"{self.subnet}{1 + number}"

    def add_host(self) -> Host:
        number = len(self.hosts)
        name = f"{self.name}{number}"
        host = Host(f"{self.subnet}{HOST_NUMBER + number}", ("ip", "netns", "exec", name))
        _ip("netns", "add", name)
        self.hosts.append(host)
        _ip("link", "add", f"{name}v", "netns", name, "type", "veth",
            "peer", "name", f"{name}p", "netns", self.hub)  # fmt: skip
        self._address(self.hub, f"{name}p", HUB_NUMBER, host.address)
        self._address(name, f"{name}v", HOST_NUMBER + number, f"{self.subnet}{HUB_NUMBER}")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "route", "add", "default", "via", f"{self.subnet}{HUB_NUMBER}")
        return host

    def cut(self, one: str, other: str = "all") -> None:
        for way in _ways(one, other):
            _ip("-n", self.hub, "rule", "add", *way, "blackhole")

    def mend(self, one: str, other: str = "all") -> None:
        for way in _ways(one, other):
            _ip("-n", self.hub, "rule", "del", *way, "blackhole")

    def open(self, outsiders: int) -> None:
        _ip("netns", "add", self.hub)
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
        _call("ip", "netns", "exec", self.hub, "sh", "-c", forward)
        _ip("link", "add", f"{self.name}v", "type", "veth",
            "peer", "name", f"{self.name}p", "netns", self.hub)  # fmt: skip
        _ip("link", "set", f"{self.name}v", "up")
        self._choose_subnet()
        hub = f"{self.subnet}{HUB_NUMBER}"
        self._address(self.hub, f"{self.name}p", HUB_NUMBER, self.outside(0))
        for number in range(1, outsiders):
            _ip("addr", "add", self.outside(number), "dev", f"{self.name}v")
            _ip("-n", self.hub, "route", "add", self.outside(number), "via", self.outside(0))
        _ip("route", "add", f"{self.subnet}0/24", "via", hub)

    def _choose_subnet(self) -> None:
        """One whose addresses nobody here has."""
        for _ in range(SUBNETS):
            self.subnet = f"10.{random.randrange(64, 128)}.{random.randrange(256)}."
            if f" {self.subnet}" not in _ip("-o", "-4", "addr") + _ip("route"):
                _ip("addr", "add", self.outside(0), "peer", f"{self.subnet}{HUB_NUMBER}",
                    "dev", f"{self.name}v")  # fmt: skip
                return
        raise OSError("no subnet is free")

    def _address(self, namespace: str, device: str, number: int, peer: str) -> None:
        address = f"{self.subnet}{number}"
        _ip("-n", namespace, "addr", "add", address, "peer", peer, "dev", device)
        _ip("-n", namespace, "link", "set", device, "up")

    def close(self) -> None:
        """What was made in part, too."""
        for name in [*(f"{self.name}{number}" for number in range(len(self.hosts))), self.hub]:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", f"{self.name}v"], capture_output=True, check=False)


@contextmanager
def network(outsiders: int) -> Iterator[Network]:
    """`outsiders`: how many addresses this process has in it."""
    made = Network(f"w{random.randrange(16**5):05x}")
    try:
        made.open(outsiders)
        yield made
    finally:
        made.close()


def unavailable() -> str | None:
    """Why there can be none here."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if shutil.which("ip") is None:
        return "there is no `ip`: install iproute2"
    name = f"w{random.randrange(16**5):05x}"
    done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return done.stderr.strip() or None if done.returncode else None


def _ways(one: str, other: str) -> Sequence[tuple[str, ...]]:
    return (("from", one, "to", other), ("from", other, "to", one))


def _ip(*words: str) -> str:
    return _call("ip", *words)


def _call(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
