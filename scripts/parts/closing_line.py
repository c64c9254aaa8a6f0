"""Print one closing line, as pytest's, for several runs of it: their logs are the arguments."""

import re
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

CLOSING = re.compile(r"^=+ (?P<counts>.*) in (?P<seconds>[0-9.]+)s.*=+$")
COUNT = re.compile(r"(\d+) ([a-z]+)")
ORDER = ("failed", "passed", "skipped", "xfailed", "xpassed", "warnings", "error", "rerun")
WIDTH = 80


def closing_line(logs: list[str]) -> str:
    """What pytest would have said of all of them. A run that did not come to its end is an error."""
    counts: Counter[str] = Counter()
    seconds = 0.0
    for log in logs:
        found = [match for line in log.splitlines() if (match := CLOSING.match(line.strip()))]
        if not found:
            counts["error"] += 1
            continue
        seconds += float(found[-1]["seconds"])
        for number, what in COUNT.findall(found[-1]["counts"]):
            counts[{"errors": "error", "warning": "warnings"}.get(what, what)] += int(number)
    told = ", ".join(f"{counts[what]} {what}" for what in ORDER if counts[what])
    clock = f" ({timedelta(seconds=int(seconds))})" if seconds >= 60 else ""
    return f" {told or 'no tests ran'} in {seconds:.2f}s{clock} ".center(WIDTH, "=")


if __name__ == "__main__":
    print(closing_line([Path(name).read_text(encoding="utf-8", errors="replace") for name in sys.argv[1:]]))
