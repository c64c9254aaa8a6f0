"""Importing this reads what every call needs and none changes: the vocabulary by which tokens are counted (45 MB), and
what servers' certificates are checked against (0.1 s of the processor).

The worker has it imported in the process that all others are forked from, so that they share one copy.
"""

from mcp_tasks.connection import tls
from tiers.metering.taps import trust
from tiers.metering.tokens import load_vocabulary

load_vocabulary()
trust()
tls()
