"""What leaves a process as a trace: times, numbers and names, never words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from mcp_tasks.tracing import STRINGS, Wordless, start

pytestmark = pytest.mark.unit


def traced() -> tuple[trace.Tracer, InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Wordless(kept)))
    return provider.get_tracer("test"), kept


def test_names_and_numbers_leave_and_words_do_not() -> None:
    tracer, kept = traced()
    with tracer.start_as_current_span("function_tool") as span:
        span.set_attributes(
            {
                "lk.function_tool.name": "create_task",
                "lk.pii.function_tool.arguments": '{"title": "call Zanzibar"}',
                "lk.pii.turn": 3,
                "lk.response.ttft": 0.25,
                "lk.interrupted": False,
                "lk.stt.events": ["call", "Zanzibar"],
                "gen_ai.tool.name": "call Zanzibar",
                "something.new": "Zanzibar",
            }
        )
        span.add_event("call Zanzibar")
        span.record_exception(ValueError("call Zanzibar"))
        span.set_status(StatusCode.ERROR, "call Zanzibar")
    with tracer.start_as_current_span("call «Zanzibar»"):
        pass
    first, second = kept.get_finished_spans()
    assert dict(first.attributes or {}) == {
        "lk.function_tool.name": "create_task",
        "lk.response.ttft": 0.25,
        "lk.interrupted": False,
    }
    assert [(event.name, dict(event.attributes or {})) for event in first.events] == [
        ("exception", {"exception.type": "ValueError"})
    ]
    assert (first.status.status_code, first.status.description) == (StatusCode.ERROR, None)
    assert second.name == "unnamed"
    assert "anzibar" not in first.to_json() + second.to_json()


@given(st.dictionaries(st.sampled_from([*sorted(STRINGS), "lk.pii.x", "other"]), st.text(), max_size=8))
def test_whatever_is_in_a_span_only_names_of_a_known_list_leave(attributes: dict[str, str]) -> None:
    tracer, kept = traced()
    with tracer.start_as_current_span("tool", attributes=attributes):
        pass
    [span] = kept.get_finished_spans()
    for name, value in (span.attributes or {}).items():
        assert name in STRINGS
        assert not any(letter.isspace() for letter in str(value))


def test_without_a_place_to_send_them_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert start("voicetasks-test") is None
    assert not isinstance(trace.get_tracer_provider(), TracerProvider)
