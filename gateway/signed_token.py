"""Who a token signed by the host product (a JWT) stands for. Pure: what time it is, is told.

The rules are ours and not the token's: which algorithms, which key, for whom it must be meant. Of
one family of algorithms only, so that a public key is never taken for a shared secret.
"""

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from uuid import UUID

import jwt
from jwt.algorithms import get_default_algorithms

from weft.errors import WeftError
from weft.limits import SESSION_TTL_MAX_SECONDS, TOKEN_SECRET_MIN_BYTES

_FAMILIES: Final = {"HS": "secret", "RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "Ed25519"}


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What the host product has agreed on. `key`: a public key as PEM, or the shared secret.

    Raises WeftError misconfigured, when made, for a key that does not go with the algorithms.
    """

    key: str = field(repr=False)
    algorithms: tuple[str, ...]
    audience: str
    issuer: str | None = None
    leeway_seconds: float = 30.0  # how far the clocks of two machines may run apart
    creates_users: bool = False  # who is not known yet is made one, from the token's claims

    def __post_init__(self) -> None:
        known = get_default_algorithms()
        families = {_FAMILIES.get(name[:2]) for name in self.algorithms if name in known}
        if not self.algorithms or len(families) != 1 or None in families:
            _misconfigured("the algorithms must be of one family, such as RS256 or HS256")
        if families == {"secret"} and len(self.key.encode()) < TOKEN_SECRET_MIN_BYTES:
            _misconfigured(f"the secret must have at least {TOKEN_SECRET_MIN_BYTES} bytes")
        if not set(self.algorithms) <= known.keys():
            _misconfigured("an algorithm is not known")
        if "PRIVATE KEY" in self.key:
            _misconfigured("a private key does not belong here, the public one verifies")
        try:
            for name in self.algorithms:
                known[name].prepare_key(self.key)
        except (jwt.InvalidKeyError, ValueError, TypeError):
            _misconfigured("the key does not go with the algorithms")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that is in order says. Names and address are for a first sight."""

    subject: UUID
    ttl_seconds: int
    token_hash: str
    email: str | None = None
    username: str | None = None
    full_name: str | None = None


def looks_signed(token: str) -> bool:
    """Ours hold no dot."""
    return token.count(".") == 2


def read_claims(token: str, rules: TokenRules, at_seconds: float) -> Claims:
    """Raises WeftError unauthenticated, saying which rule the token does not meet."""
    try:
        claims = jwt.decode(
            token,
            rules.key,
            algorithms=list(rules.algorithms),
            audience=rules.audience,
            issuer=rules.issuer,
            options={
                "require": ["exp", "sub", "aud", *(["iss"] if rules.issuer else [])],
                "verify_exp": False,  # below, by the time that is told
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        _refuse(f"The signed token is refused: {type(error).__name__}.")
    expires, begins = _instant(claims, "exp"), _instant(claims, "nbf")
    if at_seconds >= expires + rules.leeway_seconds:
        _refuse("The signed token has expired.")
    if at_seconds < begins - rules.leeway_seconds:
        _refuse("The signed token is not valid yet.")
    if expires - at_seconds > SESSION_TTL_MAX_SECONDS:
        _refuse(f"The signed token lives longer than {SESSION_TTL_MAX_SECONDS} seconds.")
    return Claims(
        subject=_subject(claims["sub"]),
        ttl_seconds=max(1, math.ceil(expires - at_seconds)),
        token_hash=_hash(token),
        email=_text(claims, "email"),
        username=_text(claims, "preferred_username") or _text(claims, "username"),
        full_name=_text(claims, "name"),
    )


def _hash(token: str) -> str:
    """Of what is signed, without the signature: some can be written in more than one way, and a
    token that was revoked must not come back in another spelling.
    """
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()


def _subject(text: Any) -> UUID:
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        _refuse("The signed token's subject is no UUID.")


def _instant(claims: dict[str, Any], name: str) -> float:
    """Seconds since epoch; 0 for a claim that is not there."""
    value = claims.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        _refuse(f"The signed token's {name} is no time.")
    return float(value)


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None


def _refuse(why: str) -> NoReturn:
    raise WeftError("unauthenticated", why) from None


def _misconfigured(why: str) -> NoReturn:
    raise WeftError("misconfigured", f"Signed tokens: {why}.") from None
