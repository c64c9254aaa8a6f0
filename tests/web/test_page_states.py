"""What can go wrong around a call: the page says it in words, says what to do, and goes on where it can."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api
from playwright.async_api import Route, expect

from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith, Tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

EMAIL = "economy@example.com"
LOST_MS = 120_000
"""The library tries for most of a minute before it gives a connection up."""


@pytest.fixture
async def nobody_answers(demo: Any) -> str:
    """What POST /api/calls would say, for a room that no agent was sent to."""
    secrets = dict(
        line.split("=", 1) for line in (demo.data_dir / "secrets.env").read_text().splitlines() if "=" in line
    )
    key, secret = secrets["LIVEKIT_API_KEY"].strip("'\""), secrets["LIVEKIT_API_SECRET"].strip("'\"")
    url = f"ws://127.0.0.1:{demo.ports['livekit']}"
    async with api.LiveKitAPI(url, key, secret) as livekit:
        await livekit.room.create_room(api.CreateRoomRequest(name="call-nobody", empty_timeout=120))
    grants = api.VideoGrants(room_join=True, room="call-nobody", can_publish_sources=["microphone"])
    token = api.AccessToken(key, secret).with_identity("somebody").with_grants(grants).to_jwt()
    return json.dumps({"call_id": "nobody", "url": url, "token": token, "room": "call-nobody"})


async def answer_calls_with(tab: Tab, status: int, body: str) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="application/json", body=body)

    await tab.page.route("**/api/calls", answer)


async def test_a_wrong_password_is_told_in_words(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.open()
    await tab.page.get_by_label("Email").fill(EMAIL)
    await tab.page.get_by_label("Password").fill("wrong")
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_role("alert")).to_contain_text("Address or password is wrong")
    await expect(tab.page.get_by_label("Password")).to_have_value("")
    await expect(tab.page.get_by_label("Email")).to_be_focused()


async def test_a_whole_call_needs_no_mouse(open_tab: OpenTab, start_with: StartWith) -> None:
    await start_with(EMAIL, "Buy milk")
    tab = await open_tab()
    keys = tab.page.keyboard
    await tab.open()
    await expect(tab.page.get_by_label("Email")).to_be_focused()
    await keys.type(EMAIL)
    await keys.press("Tab")
    await keys.type("demo")
    await keys.press("Enter")
    start = tab.page.get_by_role("button", name="Start talking")
    await expect(start).to_be_visible()
    await tab_to(tab, "Start talking")
    await keys.press("Enter")
    await tab.greeted()
    await tab_to(tab, "Type a message")
    await keys.type("Delete buy milk")
    await keys.press("Enter")
    await expect(tab.card).to_contain_text("Buy milk", timeout=PATIENT_MS)
    await expect(tab.page.get_by_label("Type a message")).to_be_focused()  # whoever types is left alone
    await keys.press("Shift+Tab")
    await expect(tab.card.get_by_role("button", name="No")).to_be_focused()
    await keys.press("Shift+Tab")
    await keys.press("Enter")
    await tab.said_since(0, "you said yes by click", who="note")
    assert await tab.titles() == []
    await tab_to(tab, "End")
    await keys.press("Enter")
    await expect(tab.page.get_by_role("button", name="Call again")).to_be_focused()


async def tab_to(tab: Tab, name: str) -> None:
    for _ in range(30):
        focused = await tab.page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
        )
        if (focused or "").strip() == name:
            return
        await tab.page.keyboard.press("Tab")
    pytest.fail(f"no way by keyboard to «{name}»")


async def test_a_denied_microphone_is_explained_typing_works_and_it_comes_back_without_a_reload(
    open_tab: OpenTab, start_with: StartWith
) -> None:
    await start_with(EMAIL)
    tab = await open_tab(real_microphone=True)
    await tab.sign_in(EMAIL)
    await tab.start()
    notice = tab.page.locator(".notice", has_text="may not use your microphone")
    await expect(notice).to_contain_text("address bar", timeout=PATIENT_MS)
    await tab.greeted()
    await tab.type("Add a task to buy bread")
    await tab.said_since(0, "added.*buy bread")
    assert await tab.titles() == ["buy bread"]
    await tab.page.context.grant_permissions(["microphone"])
    await expect(notice).to_have_count(0, timeout=PATIENT_MS)
    await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    await expect(tab.page.get_by_label("Microphone device")).to_be_visible()
    await tab.page.get_by_role("button", name="Mute", exact=True).click()
    await expect(tab.page.get_by_role("button", name="Unmute")).to_be_visible()


async def test_a_missing_microphone_is_used_once_it_is_plugged_in(
    open_tab: OpenTab, nobody_answers: str
) -> None:
    tab = await open_tab()
    await answer_calls_with(tab, 201, nobody_answers)
    await tab.sign_in(EMAIL)
    await tab.page.evaluate("window.__test.microphoneError = 'NotFoundError'")
    await tab.start()
    notice = tab.page.locator(".notice", has_text="No microphone was found")
    await expect(notice).to_contain_text("you can type", timeout=PATIENT_MS)
    await tab.page.evaluate(
        "window.__test.microphoneError = undefined;"
        "navigator.mediaDevices.dispatchEvent(new Event('devicechange'))"
    )
    await expect(notice).to_have_count(0, timeout=PATIENT_MS)
    await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()


async def test_a_browser_that_blocks_sound_is_tapped_once(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.add_init_script(
        "const play = HTMLMediaElement.prototype.play;"
        "HTMLMediaElement.prototype.play = function () {"
        "  return window.__soundAllowed ? play.call(this)"
        "    : Promise.reject(new DOMException('no gesture yet', 'NotAllowedError')) }"
    )
    await tab.sign_in(EMAIL)
    await tab.start()
    tap = tab.page.get_by_role("button", name="Tap to hear")
    await expect(tap).to_be_visible(timeout=PATIENT_MS)
    await tab.page.evaluate("window.__soundAllowed = true")
    await tap.click()
    await expect(tap).to_have_count(0)
    await tab.greeted()
    await tab.type("What is on my list?")
    before = len(await tab.heard_ms())
    await tab.page.wait_for_function(
        "count => window.__test.heard.length > count", arg=before, timeout=PATIENT_MS
    )


async def test_nobody_within_ten_seconds_is_told_and_can_be_tried_again(
    open_tab: OpenTab, nobody_answers: str
) -> None:
    tab = await open_tab()
    await answer_calls_with(tab, 201, nobody_answers)
    await tab.sign_in(EMAIL)
    await tab.start()
    notice = tab.page.locator(".notice", has_text="Nobody has answered yet")
    await expect(notice).to_be_visible(timeout=PATIENT_MS)
    await tab.page.unroute("**/api/calls")
    await notice.get_by_role("button", name="Try again").click()
    await tab.greeted()
    await expect(notice).to_have_count(0)


async def test_a_connection_that_drops_is_told_and_comes_back_by_itself(
    open_tab: OpenTab, start_with: StartWith, network: Network
) -> None:
    await start_with(EMAIL)
    tab = await on(network, open_tab)
    await tab.sign_in(EMAIL)
    await tab.start()
    await tab.greeted()
    network.drop()
    await expect(tab.state).to_have_text("Reconnecting", timeout=PATIENT_MS)
    await expect(tab.page.get_by_role("button", name="Send")).to_be_disabled()
    network.up = True
    await tab.listening()
    await tab.type("Add a task to buy bread")
    await tab.said_since(0, "added.*buy bread")


async def test_a_connection_that_stays_away_is_told_and_the_call_can_be_taken_up_again(
    open_tab: OpenTab, start_with: StartWith, network: Network
) -> None:
    await start_with(EMAIL)
    tab = await on(network, open_tab)
    await tab.sign_in(EMAIL)
    await tab.start()
    await tab.greeted()
    network.drop()
    await expect(tab.page.get_by_role("heading", name="The connection was lost")).to_be_visible(
        timeout=LOST_MS
    )
    network.up = True
    await tab.page.get_by_role("button", name="Back to the call").click()
    await tab.listening()
    await tab.type("Add a task to buy bread")
    await tab.said_since(0, "added.*buy bread")


class Network:
    """The way to the room server, which can be cut: a TCP proxy on a port of its own."""

    def __init__(self, livekit_port: int) -> None:
        self.up = True
        self.port = 0
        self._livekit_port = livekit_port
        self._open: set[asyncio.StreamWriter] = set()

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._pass_on, "127.0.0.1", 0)

    def drop(self) -> None:
        self.up = False
        for end in self._open:
            end.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.up:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._livekit_port)
        ends = {writer, far_writer}
        self._open |= ends
        await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        self._open -= ends

    @staticmethod
    async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()


@pytest.fixture
async def network(demo: Any) -> AsyncIterator[Network]:
    network = Network(demo.ports["livekit"])
    server = await network.listen()
    network.port = server.sockets[0].getsockname()[1]
    yield network
    network.drop()
    server.close()


async def on(network: Network, open_tab: OpenTab) -> Tab:
    """A tab whose calls lead over this network, to a port that the page's policy does not know."""
    tab = await open_tab(bypass_csp=True)

    async def lead_over(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json() | {"url": f"ws://127.0.0.1:{network.port}"}
        await route.fulfill(response=answer, json=body)

    await tab.page.route(re.compile(r"/api/calls(/\w+/token)?$"), lead_over)
    return tab


async def test_a_second_tab_takes_the_call_over_and_gives_it_back(
    open_tab: OpenTab, start_with: StartWith
) -> None:
    await start_with(EMAIL)
    first = await open_tab()
    await first.sign_in(EMAIL)
    await first.start()
    await first.greeted()
    second = await first.another()
    await second.open()
    await expect(second.page.get_by_text("You are in a call in another tab")).to_be_visible()
    await second.page.get_by_role("button", name="Move the call here").click()
    await expect(first.page.get_by_role("heading", name="The call goes on in another tab")).to_be_visible(
        timeout=PATIENT_MS
    )
    await second.listening()
    await second.type("Add a task to buy bread")
    await second.said_since(0, "added.*buy bread")
    await first.page.get_by_role("button", name="Bring it back here").click()
    await expect(second.page.get_by_role("heading", name="The call goes on in another tab")).to_be_visible(
        timeout=PATIENT_MS
    )
    await first.listening()
    await first.say("Please add a task to feed the cat.")
    await first.said_since(0, "added.*feed the cat")
    assert await first.titles() == ["buy bread", "feed the cat"]


async def test_busy_lines_are_told(open_tab: OpenTab) -> None:
    tab = await open_tab()
    error = {"code": "busy", "message": "All lines are busy.", "fix": "Try again in a minute."}
    await answer_calls_with(tab, 503, json.dumps({"error": error}))
    await tab.sign_in(EMAIL)
    await tab.start()
    await expect(tab.page.get_by_role("heading", name="All lines are busy")).to_be_visible(timeout=PATIENT_MS)
    await tab.page.unroute("**/api/calls")
    await tab.page.get_by_role("button", name="Try again").click()
    await tab.greeted()


async def test_whoever_was_signed_out_signs_in_again(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.sign_in(EMAIL)
    await tab.page.context.clear_cookies()
    await tab.start()
    await expect(tab.page.get_by_text("You have been signed out")).to_be_visible(timeout=PATIENT_MS)
    await expect(tab.page.get_by_label("Password")).to_be_visible()


async def test_signing_out_ends_the_call_and_the_session(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.sign_in(EMAIL)
    await tab.start()
    await tab.greeted()
    await tab.page.get_by_role("button", name="Sign out").click()
    await expect(tab.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    await tab.page.reload()
    await expect(tab.page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
