"""How much the metrics of this process have grown."""

from __future__ import annotations

from prometheus_client import REGISTRY


class Counted:
    """Remembers what was counted before the test."""

    def __init__(self) -> None:
        self._before = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in REGISTRY.collect()
            for sample in family.samples
        }

    def grown(self, name: str, **labels: str) -> float:
        """By how much a sample has grown since."""
        value = REGISTRY.get_sample_value(name, labels)
        return (value or 0.0) - self._before.get((name, tuple(sorted(labels.items()))), 0.0)
