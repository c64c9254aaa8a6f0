import pytest
from prometheus_client import REGISTRY

from agent.breaker_gauge import show
from routing.decision import Unhealthy

pytestmark = pytest.mark.unit


def state(service: str) -> float | None:
    return REGISTRY.get_sample_value("voicetasks_breaker_state", {"vendor": service})


def test_the_gauge_tells_the_breaker_of_every_service() -> None:
    show(
        (
            Unhealthy(service="cartesia", state="open", since_ms=1, retry_ms=2),
            Unhealthy(service="openai-chat", state="half_open", since_ms=1, retry_ms=2),
        )
    )
    assert (state("cartesia"), state("openai-chat"), state("deepgram-stt")) == (2, 1, 0)
    show(())
    assert (state("cartesia"), state("openai-chat")) == (0, 0)
