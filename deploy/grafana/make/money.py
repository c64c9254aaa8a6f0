"""What calls cost, and whether we can see it."""

from __future__ import annotations

from deploy.grafana.make.board import Board, Panel, Target, quantile

_PER_MINUTE = (
    '60 * sum by (stack) (increase(voicetasks_cost_microdollars_total{{stack=~"{stacks}"}}[$__range]))'
    ' / sum by (stack) (increase(voicetasks_served_seconds_total{{stack=~"{stacks}"}}[$__range]))'
)

MONEY = Board(
    uid="money",
    title="Money",
    says="What calls cost in micro-dollars (1,000,000 are a dollar), and whether every worker sees its money.",
    by_channel=False,
    rows=(
        (
            "What it costs",
            (
                Panel(
                    "A minute of economy, µ$",
                    "Charges over the time served; the target is 30,000 to 70,000.",
                    "none",
                    ((_PER_MINUTE.format(stacks="economy|budget|text|local"), "{{stack}}"),),
                    Target(70_000),
                ),
                Panel(
                    "A minute of premium, µ$",
                    "Charges over the time served; the target is at most 120,000.",
                    "none",
                    ((_PER_MINUTE.format(stacks="premium|gemini|quality"), "{{stack}}"),),
                    Target(120_000),
                ),
                Panel(
                    "A minute of a call, 95th percentile, µ$",
                    "One observation for each stack that served a call: how dear the dearest are.",
                    "none",
                    ((quantile(0.95, "voicetasks_cost_per_minute_microdollars", ["stack"]), "{{stack}}"),),
                    Target(120_000),
                ),
                Panel(
                    "Charges by vendor, µ$ an hour",
                    "What vendors will bill.",
                    "none",
                    (
                        (
                            "3600 * sum by (vendor) (rate(voicetasks_cost_microdollars_total[$__rate_interval]))",
                            "{{vendor}}",
                        ),
                    ),
                    stacked=True,
                ),
                Panel(
                    "Charges by stack, µ$ an hour",
                    "What serves the calls costs so much.",
                    "none",
                    (
                        (
                            "3600 * sum by (stack) (rate(voicetasks_cost_microdollars_total[$__rate_interval]))",
                            "{{stack}}",
                        ),
                    ),
                    stacked=True,
                ),
                Panel(
                    "Charges in the last 24 hours, µ$",
                    "All of it.",
                    "none",
                    (("sum(increase(voicetasks_cost_microdollars_total[24h]))", "all"),),
                ),
                Panel(
                    "Everybody's day beside its cap, µ$",
                    "Spent and held since midnight UTC, of premium and in all (total), and what may be (caps).",
                    "none",
                    (
                        ("max by (side) (voicetasks_global_day_microdollars)", "{{side}}"),
                        ("max by (side) (voicetasks_global_day_cap_microdollars)", "{{side}}: cap"),
                    ),
                ),
                Panel(
                    "Everybody's day, part of its cap",
                    "The line: the alert GlobalDayNearlySpent. At 1 calls fall to cheaper stacks until midnight UTC, or have none.",
                    "percentunit",
                    (
                        (
                            "max by (side) (voicetasks_global_day_microdollars)"
                            " / (max by (side) (voicetasks_global_day_cap_microdollars) > 0)",
                            "{{side}}",
                        ),
                    ),
                    Target(0.8),
                ),
            ),
        ),
        (
            "Whether we see it",
            (
                Panel(
                    "Calls that cannot see their money, seconds a second",
                    "Redis is away: nothing new is premium meanwhile, and what is spent is booked afterwards.",
                    "none",
                    (("sum(rate(voicetasks_blind_seconds_total[$__rate_interval]))", "blind calls"),),
                    Target(0.1),
                ),
                Panel(
                    "Entries that wait for the database",
                    "In Redis' stream, and on workers' disks.",
                    "short",
                    (("max(voicetasks_journal_queue)", "waiting"),),
                    Target(1_000),
                ),
                Panel(
                    "Leases",
                    "Calls that hold money; overdue: their worker is gone and nobody has cleared them away.",
                    "short",
                    (("max by (state) (voicetasks_leases)", "{{state}}"),),
                ),
                Panel(
                    "Age of the policy",
                    "Since Redis or the database last told a worker which policy is in force.",
                    "s",
                    (("max by (instance) (voicetasks_policy_age_seconds)", "{{instance}}"),),
                    Target(60),
                ),
                Panel(
                    "Usage that nobody was charged for",
                    "Events that a vendor bills and no call could be charged with: caps and the journal know nothing of them.",
                    "short",
                    (("sum by (part) (increase(voicetasks_usage_lost_total[$__range]))", "{{part}}"),),
                    Target(1),
                    stacked=True,
                ),
                Panel(
                    "Changes of the stack for money, policy and health",
                    "Calls that were moved for another reason than a vendor's fault.",
                    "short",
                    (
                        (
                            'sum by (from, to, reason) (increase(voicetasks_swaps_total{reason!="vendor"}[$__rate_interval]))',
                            "{{from}} → {{to}} ({{reason}})",
                        ),
                    ),
                    stacked=True,
                ),
            ),
        ),
    ),
)
