"""Digest authentication (RFC 3261, section 22; RFC 7616): MD5 and SHA-256, nonces of our own that run out."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from typing import Final

REALM: Final = "voicetasks sandbox"
NONCE_SECONDS: Final = 60.0
_FIELD: Final = re.compile(r'([A-Za-z]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))')
_HASHES: Final = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class Digest:
    """Challenges callers and checks their answers. It keeps nothing: a nonce carries its time and our mark."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def challenge(self) -> tuple[tuple[str, str], ...]:
        """The headers of a 401."""
        nonce = self._nonce(f"{time.time():.0f}")
        return tuple(
            ("www-authenticate", f'Digest realm="{REALM}", nonce="{nonce}", algorithm={name}, qop="auth"')
            for name in ("SHA-256", "MD5")
        )

    def is_right(self, header: str, *, method: str, username: str, password: str) -> bool:
        """Whether an Authorization header proves that the sender knows the password."""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() != "digest":
            return False
        given = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
        algorithm = given.get("algorithm", "MD5").upper()
        if algorithm not in _HASHES or not self._is_fresh(given.get("nonce", "")):
            return False

        def digest(text: str) -> str:
            return _HASHES[algorithm](text.encode()).hexdigest()

        one = digest(f"{username}:{REALM}:{password}")
        two = digest(f"{method}:{given.get('uri', '')}")
        if given.get("qop"):
            parts = (given["nonce"], given.get("nc", ""), given.get("cnonce", ""), given["qop"])
            right = digest(":".join((one, *parts, two)))
        else:
            right = digest(f"{one}:{given['nonce']}:{two}")
        known = hmac.compare_digest(given.get("username", "").encode(), username.encode())
        return hmac.compare_digest(right, given.get("response", "").lower()) and known

    def _is_fresh(self, nonce: str) -> bool:
        moment, _, _ = nonce.partition(".")
        if not (moment.isascii() and moment.isdigit()) or not hmac.compare_digest(self._nonce(moment), nonce):
            return False
        return time.time() - int(moment) < NONCE_SECONDS

    def _nonce(self, moment: str) -> str:
        return f"{moment}.{hmac.new(self._secret, moment.encode(), hashlib.sha256).hexdigest()[:32]}"
