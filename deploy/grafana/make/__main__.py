"""Write the dashboards into deploy/grafana/dashboards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from deploy.grafana.make.board import Board
from deploy.grafana.make.capacity import CAPACITY
from deploy.grafana.make.experience import EXPERIENCE
from deploy.grafana.make.experiments import EXPERIMENTS
from deploy.grafana.make.money import MONEY
from deploy.grafana.make.vendors import VENDORS

FOLDER: Final = Path(__file__).parents[1] / "dashboards"
BOARDS: Final = (EXPERIENCE, MONEY, VENDORS, EXPERIMENTS, CAPACITY)


def text(board: Board) -> str:
    """Give the file of a dashboard."""
    return json.dumps(board.build(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in BOARDS:
        (FOLDER / f"{each.uid}.json").write_text(text(each), encoding="utf-8")
