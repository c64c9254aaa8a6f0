"""Digest authentication (RFC 3261, section 22): MD5, as the real bridge asks for and all telephones can."""

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


class Digest:
    """Challenges callers and checks their answers. It keeps nothing: a nonce carries its time and our mark."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def challenge(self) -> tuple[tuple[str, str], ...]:
        """The headers of a 401."""
        nonce = self._nonce(f"{time.time():.0f}")
        return (("www-authenticate", f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'),)

    def is_right(self, header: str, *, method: str, username: str, password: str) -> bool:
        """Whether an Authorization header proves that the sender knows the password."""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() != "digest":
            return False
        given = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
        if given.get("algorithm", "MD5").upper() != "MD5" or not self._is_fresh(given.get("nonce", "")):
            return False

        one = _md5(f"{username}:{REALM}:{password}")
        two = _md5(f"{method}:{given.get('uri', '')}")
        if given.get("qop"):
            parts = (given["nonce"], given.get("nc", ""), given.get("cnonce", ""), given["qop"])
            right = _md5(":".join((one, *parts, two)))
        else:
            right = _md5(f"{one}:{given['nonce']}:{two}")
        known = hmac.compare_digest(given.get("username", "").encode(), username.encode())
        return hmac.compare_digest(right, given.get("response", "").lower()) and known

    def _is_fresh(self, nonce: str) -> bool:
        moment, _, _ = nonce.partition(".")
        if not (moment.isascii() and moment.isdigit()) or not hmac.compare_digest(self._nonce(moment), nonce):
            return False
        return time.time() - int(moment) < NONCE_SECONDS

    def _nonce(self, moment: str) -> str:
        return f"{moment}.{hmac.new(self._secret, moment.encode(), hashlib.sha256).hexdigest()[:32]}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
