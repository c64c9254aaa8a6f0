"""A collector of traces that keeps what it is sent, and reads it as trees of spans."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.posted import taking_posts


@dataclass
class Collector:
    """Takes spans as OTLP over HTTP brings them."""

    url: str = ""
    received: bytes = b""
    told: str = ""
    """The same to be read: a number that was sent as one stands there in its digits."""
    spans: list[tuple[str, Span]] = field(default_factory=list)
    """The service that told of it, and the span."""

    def take(self, body: bytes) -> None:
        """Keep what was posted."""
        self.received += body
        request = ExportTraceServiceRequest.FromString(body)
        self.told += str(request)
        for resource in request.resource_spans:
            about = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [(about["service.name"], span) for span in scope.spans]

    def names(self) -> set[str]:
        """What the spans are called."""
        return {span.name for _, span in self.spans}

    def above(self, span: Span) -> list[Span]:
        """The spans that a span hangs below, the nearest first."""
        by_id = {each.span_id: each for _, each in self.spans}
        line: list[Span] = []
        while (span := by_id.get(span.parent_span_id, Span())).span_id:
            line.append(span)
        return line

    def below(self, span: Span) -> dict[str, Span]:
        """The spans that hang below a span, however deep, by name: of each name the last one that was told."""
        return {each.name: each for _, each in self.spans if span in self.above(each)}


def named(span: Span) -> dict[str, str]:
    """The attributes of a span that are strings."""
    return {each.key: each.value.string_value for each in span.attributes if each.value.string_value}


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """A collector at an address of its own."""
    made = Collector()
    with taking_posts(made.take) as made.url:
        yield made
