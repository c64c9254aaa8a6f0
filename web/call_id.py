"""Call ids that prove by themselves whose they are: no store is asked, so none can be away."""

import hmac
import re
import secrets

from web.keys import Keys

_SHAPE = re.compile(r"[0-9a-f]{40}")


class CallIds:
    """An id is 80 random bits and an 80-bit tag over them and the owner."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def new(self, user_id: str) -> str:
        """Make an id for a user's next call."""
        unique = secrets.token_hex(10)
        return unique + self._tag(unique, user_id)

    def belongs_to(self, call_id: str, user_id: str) -> bool:
        """Say whether we made this id for this user."""
        if not _SHAPE.fullmatch(call_id):
            return False
        return hmac.compare_digest(call_id[20:], self._tag(call_id[:20], user_id))

    def _tag(self, unique: str, user_id: str) -> str:
        return self._keys.tag("call", unique, user_id, length=20)
