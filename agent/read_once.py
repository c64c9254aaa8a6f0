"""Importing this does what every call needs and none changes: it reads the vocabulary by which tokens are counted (45 MB) and
what servers' certificates are checked against (0.1 s of the processor, and as much again for the vendors' plugins), and
prepares what libraries would prepare when they are first used, as the phrases by which a first turn is read (0.1 s, before
its answer).

The worker has it imported in the process that all others are forked from, so that they share one copy, and calls that
begin at the same moment, as after the death of a machine, do not each pay for it.
"""

import anyio._backends._asyncio  # noqa: F401 - read by the first event that a task server's client waits for
import numpy.fft  # noqa: F401 - read by our first words
from livekit.agents.tokenize.basic import hyphenate_word
from livekit.agents.utils.http_context import _create_ssl_context
from openai.types import realtime
from openai.types.chat import ChatCompletionChunk
from pydantic import BaseModel
from sqlalchemy.orm import configure_mappers

from agent.answers import read_answer
from agent.consent import may_mean_stop, wish_about_transcript
from agent.erasure import wants_erasure
from agent.goodbye import is_goodbye
from agent.murmurs import is_murmur
from agent.no_more_calls import wants_no_more_calls
from agent.whole_wish import is_of_several
from mcp_tasks.connection import tls
from mcp_tasks.spoken_form import homophones
from tiers.confirmed_prices import trusted
from tiers.metering.taps import trust
from tiers.metering.tokens import load_vocabulary
from tiers.open_ends import ending_of
from tiers.spelled import progress_of

TURN = "Add buy milk, please."
"""Any turn: whoever reads it has read the phrases that it is held against."""

load_vocabulary()
trust()
tls()
_create_ssl_context()
hyphenate_word("")  # its patterns
configure_mappers()
trusted()
homophones()
for reads in (
    wish_about_transcript,
    may_mean_stop,
    wants_erasure,
    is_goodbye,
    is_murmur,
    wants_no_more_calls,
    ending_of,
    progress_of,
):
    reads(TURN)
read_answer(TURN, tool="delete_task")
is_of_several(TURN, ())
ChatCompletionChunk.model_rebuild(raise_errors=False)
for event in list(vars(realtime).values()):
    if isinstance(event, type) and issubclass(event, BaseModel):
        event.model_rebuild(raise_errors=False)
