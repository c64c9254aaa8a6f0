"""Whether there is room for more."""

from __future__ import annotations

from deploy.grafana.make.board import Board, Panel, Target, quantile

CAPACITY = Board(
    uid="capacity",
    title="Capacity",
    says="Whether there is room for more calls, and whether everything that should run does.",
    by_channel=False,
    rows=(
        (
            "Calls",
            (
                Panel(
                    "Slots",
                    "Calls that the workers serve, and could serve.",
                    "short",
                    (("sum by (state) (voicetasks_slots)", "{{state}}"),),
                    stacked=True,
                ),
                Panel(
                    "Free slots",
                    "Below a tenth all lines are soon busy.",
                    "percentunit",
                    (('sum(voicetasks_slots{state="free"}) / sum(voicetasks_slots)', "free"),),
                    Target(0.1, at_least=True),
                    highest=1.0,
                ),
                Panel(
                    "Calls a minute",
                    "Calls that ended, by door and tier.",
                    "short",
                    (
                        (
                            "60 * sum by (channel, tier) (rate(voicetasks_calls_total[$__rate_interval]))",
                            "{{tier}}, {{channel}}",
                        ),
                    ),
                    stacked=True,
                ),
                Panel(
                    "Calls at once, by what serves them",
                    "Seconds served in a second.",
                    "short",
                    (
                        (
                            "sum by (stack) (rate(voicetasks_served_seconds_total[$__rate_interval]))",
                            "{{stack}}",
                        ),
                    ),
                    stacked=True,
                ),
            ),
        ),
        (
            "Processes",
            (
                Panel(
                    "What answers Prometheus",
                    "1: it does.",
                    "none",
                    (('up{job=~"voicetasks-.+"}', "{{job}} {{instance}}"),),
                    Target(1, at_least=True),
                    highest=1.0,
                ),
                Panel(
                    "Processes of workers",
                    "Each call has one, and some are kept ready.",
                    "short",
                    (("sum by (instance) (lk_agents_child_process_count)", "{{instance}}"),),
                ),
                Panel(
                    "Requests to the web server",
                    "By their status.",
                    "reqps",
                    (
                        (
                            "sum by (status) (rate(voicetasks_web_request_seconds_count[$__rate_interval]))",
                            "{{status}}",
                        ),
                    ),
                    stacked=True,
                ),
                Panel(
                    "Requests to the web server, 95th percentile",
                    "The slowest routes.",
                    "s",
                    (
                        (
                            f"topk(8, {quantile(0.95, 'voicetasks_web_request_seconds', ['route'])})",
                            "{{route}}",
                        ),
                    ),
                ),
                Panel(
                    "The probe's calls",
                    "1: the last one went well.",
                    "none",
                    (("min by (tier, channel) (voicetasks_probe_success)", "{{tier}}, {{channel}}"),),
                    Target(1, at_least=True),
                    highest=1.0,
                ),
                Panel(
                    "Age of the last backup",
                    "By deploy/backup, each night; more than fifty years: none was ever made.",
                    "s",
                    (("time() - max(voicetasks_backup_time_seconds)", "backup"),),
                    Target(26 * 3600),
                ),
                Panel(
                    "Since the reminders' last look",
                    "How long ago they last looked for tasks that people are to be called about; more than fifty years: never yet.",
                    "s",
                    (("time() - voicetasks_reminders_time_seconds", "{{instance}}"),),
                    Target(600),
                ),
            ),
        ),
    ),
)
