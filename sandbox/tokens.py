"""Text tokens as OpenAI's o200k vocabulary counts them, and which of a prompt were cached.

`bpe-openai` brings the vocabulary in its wheel; tiktoken would download it.
"""

import hashlib
import json
import warnings
from collections import OrderedDict
from functools import cache

from sandbox.clock import Clock
from sandbox.openai_request import ChatRequest

with warnings.catch_warnings():
    # It opens its vocabulary by a call that Python 3.11 deprecates and 3.13 has taken back into favour.
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

# OpenAI's counting recipe for the 4o models: three tokens frame a message, three open the reply.
_MESSAGE_FRAME = "<|im_start|>\n<|im_end|>"
_FRAME_TOKENS = 3

# OpenAI's documented rule: from 1,024 tokens on, in steps of 128, kept for some minutes of disuse.
_CACHE_FROM = 1024
_CACHE_STEP = 128
_CACHE_SECONDS = 600
_CACHE_ENTRIES = 50_000


@cache
def _vocabulary() -> bpe_openai.Encoding:
    return bpe_openai.get_encoding("o200k_base")


def encode(text: str) -> list[int]:
    """The token ids of a text; what looks like a special token is text."""
    return list(_vocabulary().encode_ordinary(text))


def pieces(text: str) -> list[str]:
    """The text cut at token borders, never inside a character: what a stream's deltas carry."""
    result: list[str] = []
    pending = b""
    for token in encode(text):
        pending += _vocabulary().decode_single_token_bytes(token)
        try:
            result.append(pending.decode())
        except UnicodeDecodeError:
            continue
        pending = b""
    return result


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(encode(text))


def prompt(request: ChatRequest) -> list[int]:
    """The prompt's tokens in the order in which they are cached: the tools first, then the messages."""
    tokens: list[int] = []
    for tool in request.tools or ():
        tokens += encode(json.dumps(tool.function.model_dump(exclude_none=True), separators=(",", ":")))
    for message in request.messages:
        tokens += encode(_MESSAGE_FRAME)[:_FRAME_TOKENS]
        tokens += encode(message.role) + encode(message.text)
        for call in message.tool_calls or ():
            tokens += encode(call.function.name) + encode(call.function.arguments)
    return tokens + encode(_MESSAGE_FRAME)[:_FRAME_TOKENS]


class PromptCache:
    """Remembers prompts' beginnings by account and model, and says how much of a new prompt it knew."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[bytes, float] = OrderedDict()

    def cached(self, scope: str, tokens: list[int]) -> int:
        """How many tokens at the start of the prompt were cached; the prompt is cached from now on.

        Only an identical beginning counts, rounded down to 128 tokens, and none below 1,024.
        """
        now = self._clock.now()
        running = hashlib.blake2b(scope.encode(), digest_size=16)
        hit = 0
        unbroken = True
        for end in range(_CACHE_STEP, len(tokens) + 1, _CACHE_STEP):
            running.update(repr(tokens[end - _CACHE_STEP : end]).encode())
            key = running.digest()
            unbroken = unbroken and self._known.get(key, 0) > now
            if unbroken:
                hit = end
            self._known[key] = now + _CACHE_SECONDS
            self._known.move_to_end(key)
        while len(self._known) > _CACHE_ENTRIES:
            self._known.popitem(last=False)
        return hit if hit >= _CACHE_FROM else 0
