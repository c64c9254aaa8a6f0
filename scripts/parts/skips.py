"""Print how many tests were skipped for which reason, and fail where one was that nobody meant.

skips.py FILE…                each line of a file is the reason of one skipped test
skips.py --in-turn FILE…      1 where a reason is another than the turns' and the time's: a missing program is one
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

TURN = re.compile(r"held in turn \d+ of \d+")
OTHER_TURN = "held in another turn"
NO_TIME = "there was no time left for it"
MEANT = (OTHER_TURN, NO_TIME)
"""The reasons for which tests/conftest.py leaves a dear test for another day."""
AWAY = "MCP Inspector"
"""So begins the reason where a registry does not give it: that is said, and is no failure of the code."""


def by_reason(lines: Iterable[str]) -> Counter[str]:
    """How many were skipped for each reason; all other turns are one."""
    return Counter(OTHER_TURN if TURN.fullmatch(line) else line for line in lines)


def told(counts: Counter[str], *, in_turn: bool) -> tuple[list[str], int]:
    """What is printed of them, and the exit code."""
    wrong = (
        [reason for reason in counts if reason not in MEANT and not reason.startswith(AWAY)]
        if in_turn
        else []
    )
    lines = [f"skipped: {number} × {reason}" for reason, number in counts.most_common()]
    if wrong:
        lines.append(f"nobody meant these to be skipped: {'; '.join(wrong)}")
    return lines, 1 if wrong else 0


if __name__ == "__main__":
    in_turn = sys.argv[1] == "--in-turn"
    reasons = [
        line for name in sys.argv[1 + in_turn :] for line in Path(name).read_text("utf-8").splitlines()
    ]
    lines, code = told(by_reason(reasons), in_turn=in_turn)
    print(*lines, sep="\n")
    sys.exit(code)
