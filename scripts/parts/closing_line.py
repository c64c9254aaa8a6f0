"""Print one closing line, as pytest's, for several runs of it.

closing_line.py LOG…
closing_line.py --again LOG LOG…      the first is of a run of those alone that failed in the others
"""

import re
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

CLOSING = re.compile(r"^=+ (?P<counts>.*) in (?P<seconds>[0-9.]+)s.*=+$")
COUNT = re.compile(r"(\d+) ([a-z]+)")
ORDER = ("failed", "passed", "skipped", "xfailed", "xpassed", "warnings", "error", "rerun")
WIDTH = 80


def counted(log: str) -> tuple[Counter[str], float]:
    """What a run counted, and its seconds. One that did not come to its end is an error."""
    found = [match for line in log.splitlines() if (match := CLOSING.match(line.strip()))]
    if not found:
        return Counter(error=1), 0.0
    counts: Counter[str] = Counter()
    for number, what in COUNT.findall(found[-1]["counts"]):
        counts[{"errors": "error", "warning": "warnings"}.get(what, what)] += int(number)
    return counts, float(found[-1]["seconds"])


def closing_line(logs: list[str], again: str | None = None) -> str:
    """What pytest would have said of all of them; `again`: of a run of those that failed, each of which was a rerun then."""
    runs = [counted(log) for log in logs]
    counts = sum((each for each, _ in runs), Counter[str]())
    seconds = sum(each for _, each in runs)
    if again is not None:
        last, took = counted(again)
        for what in ("failed", "error"):
            counts["rerun"] += counts.pop(what, 0)
        counts += last
        seconds += took
    told = ", ".join(f"{counts[what]} {what}" for what in ORDER if counts[what])
    clock = f" ({timedelta(seconds=int(seconds))})" if seconds >= 60 else ""
    return f" {told or 'no tests ran'} in {seconds:.2f}s{clock} ".center(WIDTH, "=")


if __name__ == "__main__":
    names = sys.argv[1:]
    once_more = names[0] == "--again"
    texts = [Path(name).read_text(encoding="utf-8", errors="replace") for name in names[once_more:]]
    print(closing_line(texts[once_more:], texts[0] if once_more else None))
