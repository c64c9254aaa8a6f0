"""A line dictated word for word: an obedient model says it and nothing else."""

import re
from typing import Final

_DICTATED: Final = re.compile(r'[Ss]ay exactly this and nothing else: "(?P<line>.+)"\s*$', re.DOTALL)


def dictated_line(instructions: str) -> str | None:
    """The line that the end of the instructions dictates, or None."""
    match = _DICTATED.search(instructions[-4_000:])
    return match["line"].strip() if match else None
