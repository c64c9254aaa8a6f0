"""A dashboard of ours: panels three in a row, each with its target as a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)

SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH, HEIGHT = 8, 8
"""Of a panel, in Grafana's grid of 24 columns."""
GOOD, BAD = "green", "red"


@dataclass(frozen=True)
class Target:
    """What a number should be: at most, or at least so much."""

    value: float
    at_least: bool = False


@dataclass(frozen=True)
class Panel:
    """One chart. `queries` are PromQL and what its lines are called."""

    title: str
    says: str
    """What it shows, for who has never seen it."""
    unit: str
    queries: tuple[tuple[str, str], ...]
    target: Target | None = None
    lowest: float | None = 0.0
    highest: float | None = None
    stacked: bool = False


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    says: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    by_channel: bool = True
    """Whether there is a switch for browser and telephone."""

    def build(self) -> dict[str, Any]:
        """Make Grafana's JSON of it."""
        made = (
            dashboard.Dashboard(self.title)
            .uid(f"voicetasks-{self.uid}")
            .description(self.says)
            .tags(["voicetasks"])
            .readonly()
            .time("now-6h", "now")
            .refresh("30s")
            .timezone("browser")
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        )
        if self.by_channel:
            made = made.with_variable(
                dashboard.QueryVariable("channel")
                .label("Channel")
                .datasource(SOURCE)
                .query("label_values(voicetasks_calls_total, channel)")
                .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
                .multi(True)
                .include_all(True)
                .all_value(".*")
            )
        numbers = count(1)
        for title, panels in self.rows:
            made = made.with_row(dashboard.Row(title).id(next(numbers)))
            for panel in panels:
                made = made.with_panel(_chart(panel).id(next(numbers)))
        built: dict[str, Any] = json.loads(JSONEncoder(sort_keys=True).encode(made.build()))
        return built


def _chart(panel: Panel) -> timeseries.Panel:
    made = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.says)
        .datasource(SOURCE)
        .span(WIDTH)
        .height(HEIGHT)
        .unit(panel.unit)
        .line_width(2)
        .fill_opacity(25 if panel.stacked else 0)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )
    if panel.stacked:
        made = made.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if panel.lowest is not None:
        made = made.min(panel.lowest)
    if panel.highest is not None:
        made = made.max(panel.highest)
    if panel.target is not None:
        below, above = (BAD, GOOD) if panel.target.at_least else (GOOD, BAD)
        steps = [Threshold(value=None, color=below), Threshold(value=panel.target.value, color=above)]
        made = made.thresholds(
            dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
        ).thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.LINE))
    for name, (query, legend) in zip("ABCDEFGH", panel.queries, strict=False):
        made = made.with_target(prometheus.Dataquery().expr(query).legend_format(legend).ref_id(name))
    return made


def quantile(q: float, metric: str, by: Sequence[str], where: str = "") -> str:
    """PromQL for a quantile of a histogram."""
    labels = ", ".join([*by, "le"])
    return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket{where}[$__rate_interval])))"
