"""A voice's tokenizer that sends text on as it is given, for a vendor that carries a sentence over several messages.

livekit's own waits for a whole sentence and the beginning of the next. What comes here has been cut already, where it
may be spoken (`agent/pieces.py`).
"""

from __future__ import annotations

from livekit.agents import tokenize
from livekit.agents.tokenize.tokenizer import SentenceStream, TokenData
from livekit.agents.utils import shortuuid
from typing_extensions import override


class AsGiven(tokenize.SentenceTokenizer):
    """One token for each text that is given; a word that is not over waits for its end."""

    @override
    def tokenize(self, text: str, *, language: str | None = None) -> list[str]:
        return [text.strip()] if text.strip() else []

    @override
    def stream(self, *, language: str | None = None) -> SentenceStream:
        return _AsGivenStream()


class _AsGivenStream(SentenceStream):
    def __init__(self) -> None:
        super().__init__()
        self._held = ""
        self._segment = shortuuid()

    @override
    def push_text(self, text: str) -> None:
        self._check_not_closed()
        self._held += text
        if self._held[-1:].isspace():  # the plugins put a space behind each token
            self.flush()

    @override
    def flush(self) -> None:
        self._check_not_closed()
        token, self._held = self._held.strip(), ""
        if token:
            self._event_ch.send_nowait(TokenData(segment_id=self._segment, token=token))

    @override
    def end_input(self) -> None:
        self.flush()
        self._do_close()

    @override
    async def aclose(self) -> None:
        self._do_close()
