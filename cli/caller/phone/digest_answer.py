"""The answer to a challenge for a password (RFC 2617 and RFC 8760): MD5 or SHA-256, `qop=auth`."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

_PART: Final = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]*))')


def digest_answer(challenge: str, *, method: str, uri: str, username: str, password: str) -> str:
    """Make the Authorization header for a WWW-Authenticate header."""
    asked = {name.lower(): quoted or bare for name, quoted, bare in _PART.findall(challenge)}
    algorithm = asked.get("algorithm", "MD5")

    def digest(*parts: str) -> str:
        data = ":".join(parts).encode()
        if algorithm.upper() == "SHA-256":
            return hashlib.sha256(data).hexdigest()
        return hashlib.md5(data, usedforsecurity=False).hexdigest()

    realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
    ours, what = digest(username, realm, password), digest(method, uri)
    said = {"username": username, "realm": realm, "nonce": nonce, "uri": uri}
    bare = {"algorithm": algorithm}
    if "auth" in asked.get("qop", ""):
        count, own = "00000001", secrets.token_hex(8)
        said |= {"cnonce": own, "response": digest(ours, nonce, count, own, "auth", what)}
        bare |= {"qop": "auth", "nc": count}
    else:
        said["response"] = digest(ours, nonce, what)
    if opaque := asked.get("opaque"):
        said["opaque"] = opaque
    parts = [f'{name}="{value}"' for name, value in said.items()]
    return "Digest " + ", ".join([*parts, *(f"{name}={value}" for name, value in bare.items())])
