"""OpenTelemetry traces without words: who called what, for how long, and never what was said.

Libraries put conversations, arguments and answers into the attributes of their spans. What leaves the process is a
copy of each span that holds numbers, and strings of a known list of names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from typing_extensions import override

from mcp_tasks.settings import TracingSettings

FLUSH_MS: Final = 2_000
"""How long the end of a process or a call waits until its spans are out."""

STRINGS: Final = frozenset(
    {
        *(
            "voicetasks.call_id",
            "voicetasks.channel",
            "voicetasks.stack",
            "voicetasks.tool",
            "voicetasks.outcome",
        ),
        *("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model"),
        *("gen_ai.tool.name", "gen_ai.tool.type", "mcp.method.name", "mcp.protocol.version", "error.type"),
        *(
            "lk.job_id",
            "lk.agent_name",
            "lk.job.worker_id",
            "lk.speech_id",
            "lk.generation_id",
            "lk.parent_generation_id",
        ),
        *(
            "lk.function_tool.name",
            "lk.eou.source",
            "lk.eou.outcome",
            "lk.close_reason",
            "lk.shutdown.reason",
        ),
        *("lk.old_state", "lk.new_state", "lk.track_source", "lk.disconnect_reason", "lk.tts.label"),
        *("lk.interruption.source", "exception.type"),
    }
)
"""Attributes whose strings are names of ours or of the libraries, not anybody's words."""
_NAME: Final = re.compile(r"[\w.:/-]{1,100}")
"""What a name looks like: words of people have spaces."""
_SPAN_NAME: Final = re.compile(r"[\w .:/-]{1,120}")


def start(service: str) -> TracerProvider | None:
    """Send this process' spans from now on; None where OTEL_EXPORTER_OTLP_ENDPOINT names no place to send them to.

    What else OpenTelemetry reads from the environment (headers, sampling, resource) holds too.
    """
    if not TracingSettings().endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(Wordless(OTLPSpanExporter()), schedule_delay_millis=1_000))
    trace.set_tracer_provider(provider)
    return provider


class Wordless(SpanExporter):
    """Hands on copies of spans without anybody's words."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._inner.export([wordless(span) for span in spans])

    @override
    def shutdown(self) -> None:
        self._inner.shutdown()

    @override
    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)


def wordless(span: ReadableSpan) -> ReadableSpan:
    """Copy a span without words: names, times, numbers, and strings of a known list."""
    return ReadableSpan(
        name=span.name if _SPAN_NAME.fullmatch(span.name) else "unnamed",
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(span.attributes),
        events=[
            Event(event.name, _kept(event.attributes), event.timestamp)
            for event in span.events
            if _NAME.fullmatch(event.name)
        ],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),  # its description quotes what failed
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _kept(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if _may_leave(name, value)}


def _may_leave(name: str, value: object) -> bool:
    if "pii" in name.split("."):
        return False
    if isinstance(value, bool | int | float):
        return True
    return isinstance(value, str) and name in STRINGS and _NAME.fullmatch(value) is not None
