"""The certificate that clients see, and its key: read when a gateway starts."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from weft.errors import WeftError


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM; the certificate with the chain that leads to its root."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Raises WeftError misconfigured: they cannot be read, or do not go together."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # an SSLError is one
            message = f"--tls-cert {self.certificate}, --tls-key {self.key}: {error}"
            raise WeftError("misconfigured", message) from None
        return context
