"""What is compared."""

from __future__ import annotations

from deploy.grafana.make.board import Board, Panel, Target, quantile

_ARM = ["experiment", "arm"]

EXPERIMENTS = Board(
    uid="experiments",
    title="Experiments",
    says="How arms do, as it happens. `voicetasks admin experiments report NAME` judges them: these lines do not.",
    by_channel=False,
    rows=(
        (
            "Arms",
            (
                Panel(
                    "Calls",
                    "Calls that ended, by what they were drawn for.",
                    "short",
                    (
                        (
                            "sum by (experiment, arm) (increase(voicetasks_experiment_calls_total[$__range]))",
                            "{{experiment}}: {{arm}}",
                        ),
                    ),
                ),
                Panel(
                    "Response, 95th percentile",
                    "From the caller's last word to our first sound.",
                    "s",
                    (
                        (
                            quantile(0.95, "voicetasks_experiment_response_seconds", _ARM),
                            "{{experiment}}: {{arm}}",
                        ),
                    ),
                    Target(0.8),
                ),
                Panel(
                    "Charges of a call, µ$",
                    "Everything a call cost, swaps included.",
                    "none",
                    (
                        (
                            "sum by (experiment, arm) (increase(voicetasks_experiment_cost_microdollars_total[$__range]))"
                            " / sum by (experiment, arm) (increase(voicetasks_experiment_calls_total[$__range]))",
                            "{{experiment}}: {{arm}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
