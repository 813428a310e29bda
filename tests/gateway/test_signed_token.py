"""Tokens that the host product signs: which are believed, and what is said to the others."""

from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from gateway.signed_token import TokenRules, looks_signed, read_claims
from weft.errors import WeftError
from weft.limits import SESSION_TTL_MAX_SECONDS

NOW = 1_900_000_000.0
SECRET = "a secret of thirty-two bytes or more"
RULES = TokenRules(SECRET, ("HS256",), "weft", "host", leeway_seconds=10)
SUBJECT = uuid4()
PRIVATE = {
    "RS256": rsa.generate_private_key(public_exponent=65_537, key_size=2_048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def public_pem(algorithm: str) -> str:
    key = PRIVATE[algorithm].public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(**changes: Any) -> dict[str, Any]:
    whole = {"sub": str(SUBJECT), "aud": "weft", "iss": "host", "exp": NOW + 60} | changes
    return {name: value for name, value in whole.items() if value is not ...}


def signed(key: Any = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm)


def refused(token: str, rules: TokenRules = RULES, at: float = NOW) -> str:
    with pytest.raises(WeftError) as refusal:
        read_claims(token, rules, at)
    assert refusal.value.code == "unauthenticated"
    return refusal.value.message


def test_a_token_in_order_says_whom_it_stands_for_and_for_how_long() -> None:
    token = signed(email="ann@example.org", preferred_username="ann", name="Ann O.", extra=1)
    found = read_claims(token, RULES, NOW)
    assert (found.subject, found.ttl_seconds) == (SUBJECT, 60)
    assert (found.email, found.username, found.full_name) == ("ann@example.org", "ann", "Ann O.")


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_public_keys_verify_what_private_ones_have_signed(algorithm: str) -> None:
    rules = TokenRules(public_pem(algorithm), (algorithm,), "weft", "host")
    token = signed(PRIVATE[algorithm], algorithm)
    assert read_claims(token, rules, NOW).subject == SUBJECT
    foreign = ed25519.Ed25519PrivateKey.generate()
    assert "refused" in refused(signed(foreign, "EdDSA"), rules)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": NOW - 10}, "expired"),
        ({"exp": ...}, "Missing"),
        ({"exp": "tomorrow"}, "exp is no time"),
        ({"exp": True}, "exp is no time"),
        ({"exp": NOW + SESSION_TTL_MAX_SECONDS + 1}, "longer than"),
        ({"nbf": NOW + 11}, "not valid yet"),
        ({"aud": "another"}, "Audience"),
        ({"aud": ...}, "Missing"),
        ({"iss": "another"}, "Issuer"),
        ({"iss": ...}, "Missing"),
        ({"sub": ...}, "Missing"),
        ({"sub": "ann"}, "no UUID"),
    ],
    ids=str,
)
def test_a_token_that_does_not_meet_a_rule_is_refused_by_it(
    changes: dict[str, Any], why: str
) -> None:
    assert why in refused(signed(**changes))


def test_clocks_may_run_apart_by_the_leeway() -> None:
    assert read_claims(signed(exp=NOW - 9), RULES, NOW).ttl_seconds == 1
    assert read_claims(signed(nbf=NOW + 9), RULES, NOW).subject == SUBJECT


def test_nothing_is_believed_that_was_not_signed_by_the_agreed_key_and_algorithm() -> None:
    token = signed()
    header, payload, signature = token.split(".")
    refused(f"{header}.{payload}.{signature[::-1]}")
    refused(f"{header}.{payload}.")
    refused(jwt.encode(claims(), None, "none"))
    refused(signed("another secret of thirty-two bytes at least"))
    refused(signed(SECRET * 2, "HS512"))
    refused("a.b.c")


def test_a_public_key_is_never_a_shared_secret() -> None:
    """Who knows the public key could sign with it, were HS256 let in beside RS256."""
    pem = public_pem("RS256")
    with pytest.raises(WeftError) as refusal:
        TokenRules(pem, ("RS256", "HS256"), "weft")
    assert refusal.value.code == "misconfigured"
    with pytest.raises(WeftError):
        TokenRules(pem, ("HS256",), "weft")


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        ("short", ("HS256",)),
        ("not a key", ("RS256",)),
        (SECRET, ()),
        (SECRET, ("none",)),
        (SECRET, ("HS1",)),
        (SECRET, ("ROT13",)),
        (public_pem("ES256"), ("RS256",)),
    ],
)
def test_rules_that_cannot_work_are_misconfigured(key: str, algorithms: tuple[str, ...]) -> None:
    with pytest.raises(WeftError) as refusal:
        TokenRules(key, algorithms, "weft")
    assert refusal.value.code == "misconfigured"
    assert key not in refusal.value.message
    assert SECRET not in repr(RULES)


def test_a_token_has_one_hash_however_its_signature_is_written() -> None:
    """ES256 and base64 have more than one way: a revoked token must not come back in another."""
    rules = TokenRules(public_pem("ES256"), ("ES256",), "weft", "host")
    fixed = claims()
    first, second = (jwt.encode(fixed, PRIVATE["ES256"], "ES256") for _ in range(2))
    assert first != second
    hashes = {read_claims(token, rules, NOW).token_hash for token in (first, second, first + "==")}
    assert len(hashes) == 1
    assert read_claims(signed(jti="1"), RULES, NOW).token_hash not in hashes


def test_private_keys_are_no_rules() -> None:
    """They would work; but who verifies has no business with them."""
    pem = PRIVATE["RS256"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(WeftError) as refusal:
        TokenRules(pem.decode(), ("RS256",), "weft")
    assert refusal.value.code == "misconfigured"


def test_ours_do_not_look_signed() -> None:
    assert looks_signed(signed())
    assert not looks_signed("pTRFpd9mqDmIuFrGUFSk2Gl_Nho0TAKAIW1bkXWRPlM")
