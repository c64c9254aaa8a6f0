"""Whom we lean on."""

from __future__ import annotations

from deploy.grafana.make.board import Board, Panel, Target, quantile

VENDORS = Board(
    uid="vendors",
    title="Vendors",
    says="Which vendors are well, what fails, and what calls are moved to.",
    by_channel=False,
    rows=(
        (
            "Health",
            (
                Panel(
                    "Breakers",
                    "0 closed, 1 half open, 2 open: calls are served without it.",
                    "none",
                    (("max by (vendor) (voicetasks_breaker_state)", "{{vendor}}"),),
                    Target(2),
                    highest=2.0,
                ),
                Panel(
                    "Failures",
                    "What went wrong with a vendor in a call.",
                    "short",
                    (
                        (
                            "sum by (vendor, fault) (increase(voicetasks_vendor_failures_total[$__rate_interval]))",
                            "{{vendor}}: {{fault}}",
                        ),
                    ),
                    Target(5),
                    stacked=True,
                ),
                Panel(
                    "Changes of the stack for a vendor's fault",
                    "Live calls that were moved.",
                    "short",
                    (
                        (
                            'sum by (from, to) (increase(voicetasks_swaps_total{reason="vendor"}[$__rate_interval]))',
                            "{{from}} → {{to}}",
                        ),
                    ),
                    stacked=True,
                ),
            ),
        ),
        (
            "Speed",
            (
                Panel(
                    "First word of a mind, 95th percentile",
                    "From the question to a language model to its first token.",
                    "s",
                    ((quantile(0.95, "voicetasks_stage_seconds", ["stack"], '{stage="mind"}'), "{{stack}}"),),
                ),
                Panel(
                    "First sound of a voice, 95th percentile",
                    "From the first words for a voice to its first sound.",
                    "s",
                    (
                        (
                            quantile(0.95, "voicetasks_stage_seconds", ["stack"], '{stage="voice"}'),
                            "{{stack}}",
                        ),
                    ),
                ),
                Panel(
                    "Transcription, 95th percentile",
                    "From the end of the caller's speech to its words.",
                    "s",
                    (
                        (
                            quantile(0.95, "voicetasks_stage_seconds", ["stack"], '{stage="transcription"}'),
                            "{{stack}}",
                        ),
                    ),
                    Target(0.1),
                ),
            ),
        ),
    ),
)
