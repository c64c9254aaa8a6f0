"""Renders the made pages anew: `python -m tests.sandbox.sight.render [NAME…]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
SIZE = "1280,720"


def render(name: str) -> None:
    """Make a page's picture."""
    subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--screenshot={PAGES / name}.png",
            f"--window-size={SIZE}",
            str(PAGES / f"{name}.html"),
        ],
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    for each in sys.argv[1:] or [page.stem for page in sorted(PAGES.glob("*.html"))]:
        render(each)
