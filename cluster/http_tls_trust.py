"""How commands on this machine reach a system that has a certificate: they trust that very one,
whatever name is in it, for they have its file from the data directory and not from the network.
"""

import ssl
from typing import Any

from weft.client.admin import AdminClient
from weft.errors import WeftError


def local_admin(http: str, admin_key: str, tls_cert: str | None) -> AdminClient:
    """`tls_cert`: the file; None: it speaks plain HTTP, or is trusted by its name."""
    if tls_cert is None:
        return AdminClient(http, admin_key)
    import httpx  # noqa: PLC0415  (as AdminClient does it)

    transport = httpx.AsyncHTTPTransport(verify=trusting(tls_cert))
    return AdminClient(http, admin_key, transport=transport)


def socket_options(tls_cert: str | None) -> dict[str, Any]:
    """For `weft.connect`."""
    return {} if tls_cert is None else {"ssl": trusting(tls_cert)}


def trusting(tls_cert: str) -> ssl.SSLContext:
    """Raises WeftError misconfigured."""
    try:
        context = ssl.create_default_context(cafile=tls_cert)
    except OSError as error:
        raise WeftError("misconfigured", f"{tls_cert}: {error}") from None
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the leaf itself is enough
    return context
