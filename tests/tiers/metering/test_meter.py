"""The meter as a whole: models that report for themselves, listeners that fail, and its end."""

import inspect
from typing import Any

import aiohttp
import httpx2
import pytest
from livekit.agents import metrics
from livekit.agents.voice import agent_activity
from livekit.plugins import cartesia, deepgram, openai

from sandbox.desk import Desk
from tests.tiers.metering.conftest import CALL, TODAY, Booked
from tests.tiers.metering.talk import answered, asked
from tiers import cascade
from tiers.catalogue import MODELS, STACKS
from tiers.meter import Meter
from tiers.metering.bookings import Bookings
from tiers.metering.taps import quietly
from tiers.settings import VendorSettings
from tiers.usage import Usage

pytestmark = pytest.mark.unit


def stt_report(seconds: float) -> metrics.STTMetrics:
    return metrics.STTMetrics(
        label="x", request_id="r", timestamp=0, duration=0, audio_duration=seconds, streamed=False
    )


async def test_models_on_this_machine_are_booked_too_and_cost_nothing(
    settings: VendorSettings, booked: Booked, desk: Desk
) -> None:
    local = STACKS["local"]
    models = cascade.build(local, settings, call_id=CALL, today=TODAY)
    meter = Meter(local, models, booked.append)
    models.stt.emit("metrics_collected", stt_report(2.5))
    models.stt.emit("metrics_collected", stt_report(0))
    models.tts.emit(
        "metrics_collected",
        metrics.TTSMetrics(
            label="x",
            request_id="r",
            timestamp=0,
            ttfb=0,
            duration=0,
            audio_duration=1,
            cancelled=False,
            characters_count=12,
            streamed=False,
        ),
    )
    await answered(models, asked("Hello."))
    await models.aclose()
    await meter.aclose()
    assert [(usage.vendor, usage.model, usage.part) for usage in booked] == [
        ("local", "whisper", "stt"),
        ("local", "piper", "tts"),
        ("ollama", "ollama", "llm"),
    ]
    assert booked[0].units == {"audio_ms": 2500}
    assert booked.microdollars == 0


async def test_who_cannot_take_a_usage_does_not_break_the_call(
    settings: VendorSettings, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(usage: Usage) -> None:
        raise RuntimeError("the ledger is away")

    economy = STACKS["economy"]
    models = cascade.build(economy, settings, call_id=CALL, today=TODAY)
    meter = Meter(economy, models, refuse)
    await answered(models, asked("Hello."))
    await models.aclose()
    await meter.aclose()
    assert "usage could not be handed on" in caplog.text


async def test_sessions_of_one_call_never_share_an_id(settings: VendorSettings, booked: Booked) -> None:
    economy = STACKS["economy"]
    for _ in range(2):
        models = cascade.build(economy, settings, call_id=CALL, today=TODAY)
        meter = Meter(economy, models, booked.append)
        await answered(models, asked("Hello."))
        await models.aclose()
        await meter.aclose()
    assert len({usage.event_id for usage in booked}) == len(booked) == 2
    assert len({usage.event_id.split(":")[0] for usage in booked}) == 2


def test_an_event_that_comes_twice_is_booked_once(booked: Booked) -> None:
    bookings = Bookings("economy", "s1", booked.append)
    for _ in range(2):
        bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 10})
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 10}, certainty="estimated")
    assert [usage.event_id for usage in booked] == ["s1:r"]


@pytest.mark.parametrize("vendor_id", ["r" * 5_000, "r\x00", "r\n"])
def test_an_id_that_no_database_takes_is_booked_once_under_one_that_it_takes(
    booked: Booked, vendor_id: str
) -> None:
    bookings = Bookings("economy", "s1", booked.append)
    for _ in range(2):
        bookings.book(vendor_id, MODELS["nova-3"], "stt", {"audio_ms": 10})
    (usage,) = booked
    assert len(usage.event_id) < 80
    assert usage.event_id.isprintable()


def test_an_estimate_is_made_once_and_replaced_once(booked: Booked) -> None:
    bookings = Bookings("economy", "s1", booked.append)
    for certainty in ("estimated", "estimated", "actual", "actual", "estimated"):
        bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 60_000}, certainty=certainty)  # type: ignore[arg-type]
    assert [(usage.event_id, usage.replaces) for usage in booked] == [
        ("s1:r:estimate", None),
        ("s1:r", "s1:r:estimate"),
    ]
    assert booked.microdollars == 7_700


class Ledger(Booked):
    """A bill that is away for its first events."""

    def __init__(self, away: int) -> None:
        super().__init__()
        self._away = away

    def take(self, usage: Usage) -> None:
        if self._away:
            self._away -= 1
            raise RuntimeError("the ledger is away")
        self.append(usage)


def test_usage_that_nobody_took_is_booked_by_the_vendors_next_word() -> None:
    ledger, lost = Ledger(away=1), list[str]()
    bookings = Bookings("economy", "s1", ledger.take, lost.append)
    for _ in range(3):
        bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 10})
    bookings.close()
    assert [usage.event_id for usage in ledger] == ["s1:r"]
    assert lost == []


def test_usage_that_nobody_took_is_booked_at_the_end() -> None:
    ledger, lost = Ledger(away=1), list[str]()
    bookings = Bookings("economy", "s1", ledger.take, lost.append)
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 10})
    bookings.close()
    bookings.close()
    assert [usage.event_id for usage in ledger] == ["s1:r"]
    assert lost == []


def test_a_report_takes_the_place_of_no_estimate_that_nobody_took() -> None:
    ledger = Ledger(away=1)
    bookings = Bookings("economy", "s1", ledger.take)
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 30_000}, certainty="estimated")
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 60_000})
    bookings.close()
    assert [(usage.event_id, usage.replaces) for usage in ledger] == [("s1:r", None)]
    assert ledger.microdollars == 7_700


def test_nothing_is_estimated_of_a_report_that_nobody_took_yet() -> None:
    ledger = Ledger(away=1)
    bookings = Bookings("economy", "s1", ledger.take)
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 60_000})
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 30_000}, certainty="estimated")
    bookings.close()
    assert [usage.event_id for usage in ledger] == ["s1:r"]


def test_usage_that_nobody_takes_to_the_end_is_told_as_lost(caplog: pytest.LogCaptureFixture) -> None:
    ledger, lost = Ledger(away=99), list[str]()
    bookings = Bookings("economy", "s1", ledger.take, lost.append)
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 10})
    assert lost == []
    bookings.close()
    assert (list(ledger), lost) == ([], ["stt"])
    assert "usage could not be handed on" in caplog.text


def test_what_comes_after_the_end_is_lost_and_said_so(
    booked: Booked, caplog: pytest.LogCaptureFixture
) -> None:
    lost: list[str] = []
    bookings = Bookings("economy", "s1", booked.append, lost.append)
    bookings.close()
    bookings.book("r", MODELS["nova-3"], "stt", {"audio_ms": 10})
    assert (booked, lost) == ([], ["stt"])
    assert "lost" in caplog.text


def test_a_watcher_that_fails_is_logged_without_a_word_of_what_it_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(text: str) -> None:
        raise ValueError

    assert quietly(fail, "milk and bread") is None
    assert "could not read" in caplog.text
    assert "milk" not in caplog.text


@pytest.mark.parametrize(
    ("plugin", "argument"),
    [(deepgram.STT, "http_session"), (cartesia.TTS, "http_session"), (openai.LLM, "client")],
)
def test_the_plugins_take_our_connections(plugin: type, argument: str) -> None:
    assert argument in inspect.signature(plugin).parameters


def test_what_the_taps_rely_on_is_there() -> None:
    assert "ws_response_class" in inspect.signature(aiohttp.ClientSession).parameters
    # The one private name: the answer to a websocket's handshake, which the plugins read, too.
    assert "self._response = response" in inspect.getsource(aiohttp.ClientWebSocketResponse.__init__)
    assert inspect.iscoroutinefunction(httpx2.AsyncClient.send)
    assert "is_stream_consumed" in vars(httpx2.Response(200))


def test_the_realtime_session_tells_its_raw_events_and_is_made_by_the_model() -> None:
    said = inspect.getdoc(openai.realtime.RealtimeSession) or ""
    assert "openai_server_event_received" in said
    assert "openai_client_event_queued" in said
    assert "self.llm.session(" in inspect.getsource(agent_activity)


async def test_a_tap_opens_its_sessions_on_the_connections_of_the_job(settings: VendorSettings) -> None:
    from livekit.agents.utils import http_context

    async with http_context.open() as shared:
        models = cascade.build(STACKS["economy"], settings, call_id=CALL, today=TODAY)
        session: Any = models.stt._session  # type: ignore[attr-defined]
        assert session is not shared
        assert session.connector is shared.connector
        await models.aclose()
        assert session.closed
        assert not shared.closed
