"""The probe's metrics. Uptime is the mean of `voicetasks_probe_success`."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from cli.probe.round_trip import Probed


class ProbeNumbers:
    """What a probe that calls again and again tells Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("tier", "channel")
        self._success = Gauge(
            "voicetasks_probe_success",
            "1 when the last synthetic call went well, else 0.",
            labels,
            registry=self.registry,
        )
        self._calls = Counter(
            "voicetasks_probe_calls",
            "Synthetic calls: ok, failed, or unclean where a task was left behind.",
            (*labels, "outcome"),
            registry=self.registry,
        )
        self._response = Gauge(
            "voicetasks_probe_response_seconds",
            "From the probe's last word to our first sound at its ear, in the last call that was answered.",
            labels,
            registry=self.registry,
        )
        self._time = Gauge(
            "voicetasks_probe_time_seconds",
            "When the last synthetic call ended, Unix time.",
            labels,
            registry=self.registry,
        )

    def tell(self, probed: Probed) -> None:
        """Count one call."""
        labels = (probed.tier, probed.channel)
        self._success.labels(*labels).set(1 if probed.ok else 0)
        outcome = "ok" if probed.ok else "unclean" if probed.left_over else "failed"
        self._calls.labels(*labels, outcome).inc()
        if probed.first_sound_ms is not None:
            self._response.labels(*labels).set(probed.first_sound_ms / 1000)
        self._time.labels(*labels).set(time.time())

    def serve(self, host: str, port: int) -> int:
        """Answer Prometheus from now on, in a thread; gives the port. Raises OSError where it is taken."""
        server, _ = start_http_server(port, host, registry=self.registry)
        return int(server.server_address[1])
