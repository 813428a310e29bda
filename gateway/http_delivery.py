"""Posts to a webhook. It goes where the address leads that was looked at, and nowhere else: no
redirect, no proxy, and no second look at the name, which might say another address by then.
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Final

import httpx

from gateway.delivery import DeliveryRules, may_be_reached
from weft.limits import WEBHOOK_ANSWER_MAX_BYTES
from weft.models.address import Address, parse_address

SHOWN_MAX_CHARACTERS: Final = 200  # of what was answered


class WebhookPoster:
    """`post`, as often and as many at once as wanted; then `close`."""

    def __init__(self, rules: DeliveryRules) -> None:
        self._timeout_seconds = rules.timeout_seconds
        self._http = httpx.AsyncClient(
            transport=_Guarded(rules),
            follow_redirects=False,
            trust_env=False,
            timeout=rules.timeout_seconds,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """None: it was taken (2xx). Otherwise what went wrong, for people to read."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                request = self._http.build_request("POST", url, headers=headers, content=body)
                answer = await self._http.send(request, stream=True)
                try:
                    said = await _beginning(answer)
                finally:
                    await answer.aclose()
        except TimeoutError:
            return f"No answer within {self._timeout_seconds:g} s."
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        if answer.is_success:
            return None
        return f"{answer.status_code} {answer.reason_phrase}: {said}"

    async def close(self) -> None:
        await self._http.aclose()


async def _beginning(answer: httpx.Response) -> str:
    """Of the body: it is not ours, so no more of it is read than is of use."""
    said = bytearray()
    async for chunk in answer.aiter_raw():
        said += chunk
        if len(said) >= WEBHOOK_ANSWER_MAX_BYTES:
            break
    return said[:SHOWN_MAX_CHARACTERS].decode(errors="replace")


class _Guarded(httpx.AsyncBaseTransport):
    def __init__(self, rules: DeliveryRules) -> None:
        self._networks = rules.networks
        # A connection is used once: two names at one address must not share a certificate.
        self._inner = httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        address = await self._permitted(
            url.host, url.port or (443 if url.scheme == "https" else 80)
        )
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        request.url = url.copy_with(host=str(address))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _permitted(self, host: str, port: int) -> Address:
        """All of the name's addresses must be: a name that also leads inside is no honest one."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [parse_address(str(each[4][0]).partition("%")[0]) for each in found]
        for address in addresses:
            if not may_be_reached(address, self._networks):
                raise httpx.ConnectError(
                    f"{host} leads to {address}, which is not of the public internet: "
                    "allow its network with WEFT_WEBHOOK_NETWORKS"
                )
        return addresses[0]
