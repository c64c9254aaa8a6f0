"""What the web room counts. Seconds and plain counts; labels have few values and name nobody."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class WebMetrics:
    """The metrics of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.request_seconds = Histogram(
            "voicetasks_web_request_seconds",
            "Time to answer an HTTP request.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.sign_ins = Counter(
            "voicetasks_web_sign_ins",
            "Tries to sign in: ok, wrong or limited.",
            ("outcome",),
            registry=self.registry,
        )
        self.call_requests = Counter(
            "voicetasks_web_call_requests",
            "Calls asked for: ok, busy, no_worker, too_many_calls or unavailable.",
            ("outcome",),
            registry=self.registry,
        )
        self.unanswered = Counter(
            "voicetasks_calls_unanswered",
            "Calls that somebody made and nobody served, by why.",
            ("reason",),
            registry=self.registry,
        )
        for reason in ("busy", "no_worker", "unavailable", "nobody_came"):  # a 1 out of nothing is no growth
            self.unanswered.labels(reason)
        self.without_redis = Counter(
            "voicetasks_web_without_redis",
            "Decisions made without Redis, by which: sign_in_limit, change_limit or admission.",
            ("decision",),
            registry=self.registry,
        )
        self.sessions_unchecked = Counter(
            "voicetasks_web_sessions_unchecked",
            "Sessions accepted by their signature alone, because the database was away.",
            registry=self.registry,
        )
        self.satisfaction = Histogram(
            "voicetasks_satisfaction",
            "Stars that callers gave their calls, 1 to 5; changed ones count as they were first.",
            ("channel",),
            buckets=(1, 2, 3, 4, 5),
            registry=self.registry,
        )
        for channel in ("browser", "phone"):
            self.satisfaction.labels(channel)
