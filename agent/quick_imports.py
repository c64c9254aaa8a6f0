"""Importing this turns the cyclic garbage collector off; who does so turns it on again when all is imported.

Who imports much makes many thousands of classes, none of which is garbage. To look through them again and again is a fifth
of the time: 6.7 s of a processor instead of 5.4 for a worker, 9.3 instead of 7.5 for what its job processes are forked
from (measured).
"""

import gc

gc.disable()
