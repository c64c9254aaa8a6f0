"""Importing this does what every call needs and none changes: it reads the vocabulary by which tokens are counted (45 MB) and
what servers' certificates are checked against (0.1 s of the processor, and as much again for the vendors' plugins), and
prepares what libraries would prepare when they are first used.

The worker has it imported in the process that all others are forked from, so that they share one copy, and calls that
begin at the same moment, as after the death of a machine, do not each pay for it.
"""

import anyio._backends._asyncio  # noqa: F401 - read by the first event that a task server's client waits for
import numpy.fft  # noqa: F401 - read by our first words
from livekit.agents.tokenize.basic import hyphenate_word
from livekit.agents.utils.http_context import _create_ssl_context
from sqlalchemy.orm import configure_mappers

from mcp_tasks.connection import tls
from tiers.metering.taps import trust
from tiers.metering.tokens import load_vocabulary

load_vocabulary()
trust()
tls()
_create_ssl_context()
hyphenate_word("")  # its patterns
configure_mappers()
