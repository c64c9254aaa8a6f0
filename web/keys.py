"""One secret in the settings, one key for each use: a token made for one purpose is no use for another."""

import hashlib
import hmac

from web.settings import WebSettings


class Keys:
    """Keys derived from VOICETASKS_WEB_SECRET."""

    def __init__(self, settings: WebSettings) -> None:
        self._secret = settings.secret.get_secret_value().encode()

    def key(self, purpose: str) -> bytes:
        """Derive the 32-byte key of a purpose."""
        return hmac.digest(self._secret, purpose.encode(), hashlib.sha256)

    def tag(self, purpose: str, *parts: str, length: int = 32) -> str:
        """Authenticate some text: `length` hexadecimal digits."""
        text = "\x00".join(parts).encode()
        return hmac.digest(self.key(purpose), text, hashlib.sha256).hex()[:length]
