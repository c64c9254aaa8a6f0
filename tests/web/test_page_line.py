"""The line of a call: it drops and comes back, the tab is loaded anew, another tab or device takes the call."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.web.network import Network, NewNetwork, tab_on
from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith, Tab
from tests.web.site import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

EMAIL = "economy@example.com"


async def in_a_call(tab: Tab, email: str = EMAIL) -> Tab:
    await tab.sign_in(email)
    await tab.start()
    await tab.greeted()
    return tab


async def goes_on(tab: Tab, task: str = "buy bread") -> None:
    """The same conversation answers."""
    await tab.listening()
    await tab.type(f"Add a task to {task}")
    await tab.said_since(0, f"added.*{task}")


async def holder(tab: Tab, call_id: str) -> str | None:
    """Who holds the call, by our server."""
    answer = await tab.page.request.get(f"{tab.url}/api/calls/{call_id}")
    return dict(await answer.json())["connection"]


@pytest.mark.dear
async def test_a_connection_that_is_cut_for_a_moment_is_resumed_as_it_was(
    open_tab: OpenTab, start_with: StartWith, network: Network
) -> None:
    await start_with(EMAIL)
    tab = await tab_on(network, open_tab)
    async with tab.page.expect_response("**/api/calls") as made:
        await in_a_call(tab)
    call_id = (await (await made.value).json())["call_id"]
    before = await holder(tab, call_id)
    network.cut()
    await expect(tab.state).to_have_text("Reconnecting…", timeout=PATIENT_MS)
    await goes_on(tab)
    assert await holder(tab, call_id) == before
    await tab.hang_up()


async def away_for(seconds: int, tab: Tab, network: Network) -> None:
    """The network of one caller goes away for so long."""
    said = await tab.count()
    network.drop()
    await expect(tab.state).to_have_text("Reconnecting…", timeout=PATIENT_MS)
    await expect(tab.page.get_by_text("the call waits for you for another")).to_be_visible()
    await tab.type("Add a task to water the plants")
    await expect(tab.page.locator(".transcript li.you").last).to_contain_text("waits for the line")
    await asyncio.sleep(seconds)
    network.up = True
    await tab.said_since(said, "added.*water the plants")  # what was written meanwhile
    await goes_on(tab)
    assert await tab.count() > said, "what was said before is still there"
    await tab.say("Please add a task to feed the cat.")
    await tab.said_since(said, "added.*feed the cat")
    assert await tab.titles() == ["buy bread", "feed the cat", "water the plants"]
    await tab.hang_up()


@pytest.mark.dear
async def test_a_network_that_goes_away_is_told_and_the_call_comes_back_by_itself(
    open_tab: OpenTab, start_with: StartWith, new_network: NewNetwork
) -> None:
    async def loses_it(email: str, *times: int) -> None:
        for seconds in times:
            await start_with(email)
            network = await new_network()
            tab = await in_a_call(await tab_on(network, open_tab), email)
            await away_for(seconds, tab, network)
            await tab.page.close()

    # Two people at once: most of it is waiting.
    await asyncio.gather(loses_it("premium@example.com", 5, 25), loses_it(EMAIL, 84))


@pytest.mark.dear
async def test_a_network_that_stays_away_ends_the_call_after_two_minutes(
    open_tab: OpenTab, start_with: StartWith, network: Network
) -> None:
    await start_with(EMAIL)
    tab = await in_a_call(await tab_on(network, open_tab))
    network.drop()
    await expect(tab.state).to_have_text("Reconnecting…", timeout=PATIENT_MS)
    await tab.type("Remember this")
    await tab.page.evaluate("const now = Date.now; Date.now = () => now() + 115_000")
    await expect(tab.state).to_have_text("Reconnecting…")
    await expect(tab.page.get_by_role("heading", name="The connection was lost")).to_be_visible(
        timeout=PATIENT_MS
    )
    await expect(tab.page.get_by_text("Not sent: “Remember this”")).to_be_visible()
    network.up = True
    await tab.page.get_by_role("button", name="Call again").click()
    await expect(tab.page.get_by_label("Type a message")).to_have_value("Remember this")
    await goes_on(tab)
    await tab.hang_up()


@pytest.mark.dear
async def test_a_tab_without_any_network_comes_back_with_it(open_tab: OpenTab, start_with: StartWith) -> None:
    await start_with(EMAIL)
    tab = await in_a_call(await open_tab())
    await tab.page.context.set_offline(True)
    await expect(tab.state).to_have_text("Reconnecting…", timeout=PATIENT_MS)
    await tab.page.context.set_offline(False)
    await goes_on(tab)
    await tab.hang_up()


@pytest.mark.dear
async def test_a_tab_that_is_loaded_anew_takes_its_call_up_again(
    open_tab: OpenTab, start_with: StartWith
) -> None:
    await start_with(EMAIL)
    tab = await in_a_call(await open_tab())
    async with tab.page.expect_request("**/api/calls/*/token"):
        await tab.page.reload()
    await goes_on(tab)
    assert tab.errors == []
    await tab.hang_up()


@pytest.mark.dear
async def test_a_tab_that_comes_back_after_its_call_has_ended_is_told_and_makes_no_other(
    open_tab: OpenTab, start_with: StartWith
) -> None:
    await start_with(EMAIL)
    tab = await open_tab()
    async with tab.page.expect_response("**/api/calls") as made:
        await in_a_call(tab)
    way = f"{tab.url}/api/calls/{(await (await made.value).json())['call_id']}"
    await tab.page.goto("about:blank")

    async def ended() -> bool:
        return dict(await (await tab.page.request.get(way)).json())["status"] == "ended"

    await eventually(ended, seconds=60)
    await tab.open()
    await expect(tab.page.get_by_role("heading", name="The call has ended")).to_be_visible(timeout=PATIENT_MS)
    await expect(tab.page.get_by_role("button", name="Call again")).to_be_focused()


@pytest.mark.dear
async def test_a_doubled_tab_leaves_the_call_to_its_original(
    open_tab: OpenTab, start_with: StartWith
) -> None:
    await start_with(EMAIL)
    tab = await in_a_call(await open_tab())
    # What a browser does for «duplicate»: a new tab with a copy of the storage.
    kept = await tab.page.evaluate("JSON.stringify({ ...sessionStorage })")
    second = await tab.another()
    await second.page.add_init_script(f"Object.assign(sessionStorage, {kept})")
    await second.open()
    await expect(second.page.get_by_role("button", name="Move the call here")).to_be_visible()
    await goes_on(tab)
    await tab.hang_up()


@pytest.mark.dear
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
    await expect(first.page.get_by_role("heading", name="This call goes on in another tab")).to_be_visible(
        timeout=PATIENT_MS
    )
    await second.listening()
    await second.type("Add a task to buy bread")
    await second.said_since(0, "added.*buy bread")
    await first.page.get_by_role("button", name="Take it back here").click()
    await expect(second.page.get_by_role("heading", name="This call goes on in another tab")).to_be_visible(
        timeout=PATIENT_MS
    )
    await first.listening()
    await first.say("Please add a task to feed the cat.")
    await first.said_since(0, "added.*feed the cat")
    assert await first.titles() == ["buy bread", "feed the cat"]
    await first.hang_up()


@pytest.mark.dear
async def test_a_device_that_lost_its_network_does_not_take_the_call_back_from_another(
    open_tab: OpenTab, start_with: StartWith, network: Network
) -> None:
    await start_with(EMAIL)
    laptop = await tab_on(network, open_tab)
    async with laptop.page.expect_response("**/api/calls") as made:
        await in_a_call(laptop)
    call_id = (await (await made.value).json())["call_id"]
    phone = await open_tab()
    network.drop()
    await phone.sign_in(EMAIL)
    await phone.page.evaluate(
        "id => new BroadcastChannel('voicetasks.call').postMessage({ kind: 'here', callId: id })", call_id
    )
    await phone.page.get_by_role("button", name="Move the call here").click()
    await phone.listening()
    held = await holder(phone, call_id)
    network.up = True
    await expect(
        laptop.page.get_by_role("heading", name="This call goes on in another tab or device")
    ).to_be_visible(timeout=PATIENT_MS)
    await goes_on(phone)
    assert await holder(phone, call_id) == held, "nobody threw anybody out"
    await laptop.page.get_by_role("button", name="Take it back here").click()
    await expect(
        phone.page.get_by_role("heading", name="This call goes on in another tab or device")
    ).to_be_visible(timeout=PATIENT_MS)
    await goes_on(laptop, "feed the cat")
    await laptop.hang_up()
