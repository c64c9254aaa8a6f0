"""Importing this turns the cyclic garbage collector off, and imports most of what a call needs.

Who does so turns the collector on again when all is imported.

Who imports much makes many thousands of classes, none of which is garbage. To look through them again and again is a fifth
of the time: 6.7 s of a processor instead of 5.4 for a worker, 9.3 instead of 7.5 for what its job processes are forked
from (measured).
"""

import gc

from agent.gentle_imports import OF_A_CALL, import_gently

gc.disable()
import_gently(OF_A_CALL)
