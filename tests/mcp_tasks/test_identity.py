import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from mcp_tasks.identity import TaskTokenVerifier, TokenRefused, read_token

pytestmark = pytest.mark.unit

SECRET = "a secret of the tests, long enough for HS256"


def test_a_good_token_says_who_and_where(token: Callable[..., str]) -> None:
    identity = read_token(token("ann", "Asia/Kolkata"), SECRET)
    assert (identity.subject, identity.zone.key) == ("ann", "Asia/Kolkata")


def test_a_few_seconds_of_clock_skew_are_forgiven(token: Callable[..., str]) -> None:
    assert read_token(token(exp=int(time.time()) - 2), SECRET).subject == "ann"


async def test_whoever_signs_with_a_clock_that_is_ahead_is_believed(token: Callable[..., str]) -> None:
    ahead = int(time.time()) + 25
    signed = token(iat=ahead, exp=ahead + 600)
    assert read_token(signed, SECRET).subject == "ann"
    assert await TaskTokenVerifier(SECRET).verify_token(signed) is not None


async def test_the_sdk_accepts_what_we_accept_within_the_skew(token: Callable[..., str]) -> None:
    believed = await TaskTokenVerifier(SECRET).verify_token(token(exp=int(time.time()) - 2))
    assert believed is not None
    assert believed.expires_at is not None
    assert believed.expires_at >= time.time()


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1}, "expired"),
        ({"exp": None}, "lacks the claim exp"),
        ({"aud": "somebody-else"}, "another audience"),
        ({"aud": None}, "lacks the claim aud"),
        ({"sub": None}, "lacks the claim sub"),
        ({"sub": ""}, "sub is not usable"),
        ({"sub": "x" * 201}, "sub is not usable"),
        ({"nbf": 2**40}, "not valid"),
        ({"zoneinfo": "Mars/Olympus"}, "not a known time zone"),
        ({"zoneinfo": "../etc/passwd"}, "not a known time zone"),
        ({"zoneinfo": "America"}, "not a known time zone"),
        ({"zoneinfo": 5}, "lacks the claim zoneinfo"),
        ({"zoneinfo": "x" * 500}, "not a known time zone"),
        ({"zoneinfo": None}, "lacks the claim zoneinfo"),
        ({"secret": "another secret, also long enough for HS256"}, "not valid"),
    ],
)
async def test_every_other_token_is_refused_with_its_reason(
    token: Callable[..., str], claims: dict[str, Any], reason: str
) -> None:
    bad = token(**claims)
    with pytest.raises(TokenRefused, match=reason):
        read_token(bad, SECRET)
    assert await TaskTokenVerifier(SECRET).verify_token(bad) is None


def test_an_unsigned_token_is_refused() -> None:
    claims = {"aud": "voicetasks-tasks", "sub": "ann", "exp": time.time() + 60, "zoneinfo": "UTC"}
    with pytest.raises(TokenRefused):
        read_token(jwt.encode(claims, None, algorithm="none"), SECRET)


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c", "é" * 50, "x" * 100_000])
def test_garbage_is_refused(garbage: str) -> None:
    with pytest.raises(TokenRefused):
        read_token(garbage, SECRET)
