"""Importing this reads what every call needs and none changes: the vocabulary by which tokens are counted (45 MB).

The worker has it imported in the process that all others are forked from, so that they share one copy.
"""

from tiers.metering.tokens import load_vocabulary

load_vocabulary()
