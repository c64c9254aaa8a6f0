"""What callers notice."""

from __future__ import annotations

from deploy.grafana.make.board import Board, Panel, Target, quantile

_DOOR = '{channel=~"$channel"}'
_TRIES = 'outcome=~"taken|late|missed"'

EXPERIENCE = Board(
    uid="experience",
    title="Experience",
    says="What callers notice: how fast they are answered, let in and helped. Lines are the targets of SPEC.md.",
    rows=(
        (
            "Success metrics",
            (
                Panel(
                    "Response, 95th percentile",
                    "From the caller's last word to our first sound on its way to them.",
                    "s",
                    (
                        (
                            quantile(0.95, "voicetasks_response_seconds", ["channel", "stack"], _DOOR),
                            "{{stack}}, {{channel}}",
                        ),
                    ),
                    Target(0.8),
                ),
                Panel(
                    "Tasks made and left as they are",
                    "Of the tasks that were asked for: made, and not undone, corrected or deleted within ten minutes.",
                    "percentunit",
                    (
                        (
                            '(sum(increase(voicetasks_task_creations_total{outcome="created"}[$__range]))'
                            ' - sum(increase(voicetasks_task_creations_total{outcome="taken_back"}[$__range])))'
                            ' / sum(increase(voicetasks_task_creations_total{outcome=~"created|refused"}[$__range]))',
                            "all",
                        ),
                    ),
                    Target(0.95, at_least=True),
                    highest=1.0,
                ),
                Panel(
                    "Satisfaction",
                    "What callers gave a call, of 5.",
                    "none",
                    (
                        (
                            f"sum by (channel) (increase(voicetasks_satisfaction_sum{_DOOR}[$__range]))"
                            f" / sum by (channel) (increase(voicetasks_satisfaction_count{_DOOR}[$__range]))",
                            "{{channel}}",
                        ),
                    ),
                    Target(4.0, at_least=True),
                    lowest=1.0,
                    highest=5.0,
                ),
                Panel(
                    "A minute costs, µ$",
                    "Charges over the time served, through all doors: charges are not told apart by door. Targets: 30,000 to 70,000 economy (the line), at most 120,000 premium.",
                    "none",
                    (
                        (
                            "60 * sum by (stack) (increase(voicetasks_cost_microdollars_total[$__range]))"
                            " / sum by (stack) (increase(voicetasks_served_seconds_total[$__range]))",
                            "{{stack}}",
                        ),
                    ),
                    Target(70_000),
                ),
                Panel(
                    "Uptime",
                    "The part of the probe's calls that went well.",
                    "percentunit",
                    (
                        (
                            f"sum by (tier, channel) (sum_over_time(voicetasks_probe_success{_DOOR}[$__range]))"
                            f" / sum by (tier, channel) (count_over_time(voicetasks_probe_success{_DOOR}[$__range]))",
                            "{{tier}}, {{channel}}",
                        ),
                    ),
                    Target(0.995, at_least=True),
                    highest=1.0,
                ),
                Panel(
                    "Interruptions that silence us within 0.5 s",
                    "Of the caller's speech over ours that was no backchannel.",
                    "percentunit",
                    (
                        (
                            'sum by (channel) (increase(voicetasks_interruptions_total{outcome="taken", channel=~"$channel"}[$__range]))'
                            f' / sum by (channel) (increase(voicetasks_interruptions_total{{{_TRIES}, channel=~"$channel"}}[$__range]))',
                            "{{channel}}",
                        ),
                    ),
                    Target(0.9, at_least=True),
                    highest=1.0,
                ),
            ),
        ),
        (
            "How fast",
            (
                Panel(
                    "First audio, 95th percentile",
                    "From the decision that the caller's turn is over to our first sound on its way to them.",
                    "s",
                    (
                        (
                            quantile(0.95, "voicetasks_first_audio_seconds", ["channel", "stack"], _DOOR),
                            "{{stack}}, {{channel}}",
                        ),
                    ),
                    Target(0.5),
                ),
                Panel(
                    "Response, median",
                    "Half of the answers are faster.",
                    "s",
                    (
                        (
                            quantile(0.5, "voicetasks_response_seconds", ["channel", "stack"], _DOOR),
                            "{{stack}}, {{channel}}",
                        ),
                    ),
                    Target(0.7),
                ),
                Panel(
                    "What answers wait for, mean",
                    "The stages of an answer. Turn end and transcription overlap; what is prepared ahead is not waited for.",
                    "s",
                    (
                        (
                            "sum by (stage) (rate(voicetasks_stage_seconds_sum[$__rate_interval]))"
                            " / sum by (stage) (rate(voicetasks_stage_seconds_count[$__rate_interval]))",
                            "{{stage}}",
                        ),
                    ),
                ),
                Panel(
                    "Interruption, 95th percentile",
                    "From the beginning of the caller's speech over ours to our silence.",
                    "s",
                    ((quantile(0.95, "voicetasks_interruption_seconds", ["channel"], _DOOR), "{{channel}}"),),
                    Target(0.5),
                ),
                Panel(
                    "Speech of the caller's over ours",
                    "taken: silent within 0.5 s; late; missed: we spoke on; backchannel: no try to interrupt.",
                    "short",
                    (
                        (
                            f"sum by (outcome) (increase(voicetasks_interruptions_total{_DOOR}[$__rate_interval]))",
                            "{{outcome}}",
                        ),
                    ),
                    stacked=True,
                ),
            ),
        ),
        (
            "What came of it",
            (
                Panel(
                    "Calls by their end",
                    "Why calls ended; handed_on goes on with another worker.",
                    "short",
                    (
                        (
                            f"sum by (outcome) (increase(voicetasks_calls_total{_DOOR}[$__rate_interval]))",
                            "{{outcome}}",
                        ),
                    ),
                    stacked=True,
                ),
                Panel(
                    "Calls that nobody served",
                    "Counted by the page where it had to say so, and by whoever found a caller alone in a room.",
                    "short",
                    (
                        (
                            "sum by (reason) (increase(voicetasks_calls_unanswered_total[$__rate_interval]))",
                            "{{reason}}",
                        ),
                    ),
                    Target(1),
                    stacked=True,
                ),
                Panel(
                    "Tools",
                    "What was done for callers.",
                    "short",
                    (
                        (
                            "sum by (tool, outcome) (increase(voicetasks_tasks_total[$__rate_interval]))",
                            "{{tool}}: {{outcome}}",
                        ),
                    ),
                    stacked=True,
                ),
            ),
        ),
    ),
)
