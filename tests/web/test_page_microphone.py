"""No microphone: the page says what to do for each cause, typing goes on, the agent knows, and it comes back."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.web.page_agent import ScriptedAgent, StagedCall
from tests.web.page_driver import PATIENT_MS, OpenTab, StartWith, Tab
from tests.web.site import eventually
from tests.web.test_page_stacks import EMAIL, has_said, in_a_staged_call

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.dear
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


@pytest.mark.parametrize(
    ("name", "words", "told", "reported"),
    [
        ("NotAllowedError", "Permission denied", "may not use your microphone", "denied"),
        ("NotAllowedError", "Permission dismissed", "Press «Use microphone» and choose Allow", "denied"),
        (
            "NotAllowedError",
            "Permission denied by system",
            "Your computer does not let this browser",
            "denied",
        ),
        ("NotFoundError", "Requested device not found", "No microphone was found", "missing"),
        ("NotReadableError", "Could not start audio source", "Another program is using", "missing"),
    ],
)
async def test_each_cause_has_its_own_help_and_one_button_asks_again(
    open_tab: OpenTab, staged: StagedCall, name: str, words: str, told: str, reported: str
) -> None:
    tab = await open_tab()
    await tab.page.add_init_script(
        f"window.__test.microphoneError = {name!r}; window.__test.microphoneWords = {words!r}"
    )
    agent = await staged_call_of(tab, staged)
    notice = tab.page.get_by_role("alert").filter(has_text=told)
    await expect(notice).to_contain_text("you hear the assistant and can type below", timeout=PATIENT_MS)
    await eventually(lambda: has_said(agent, reported))
    await tab.page.evaluate("window.__test.microphoneError = undefined")
    await notice.get_by_role("button", name="Use microphone").click()
    await comes_back(tab, agent, notice)


async def staged_call_of(tab: Tab, staged: StagedCall) -> ScriptedAgent:
    async def this_one(**_: object) -> Tab:
        return tab

    return (await in_a_staged_call(this_one, staged))[1]


async def comes_back(tab: Tab, agent: ScriptedAgent, notice: Locator) -> None:
    await expect(notice).to_have_count(0, timeout=PATIENT_MS)
    await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    await eventually(lambda: has_said(agent, "on"))
    assert not await tab.muted()


async def test_a_microphone_unplugged_in_mid_call_is_used_again_once_it_is_back(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    await eventually(lambda: has_said(agent, "on"))
    await tab.page.context.grant_permissions(["microphone"])
    await tab.page.evaluate("window.__test.takeMicrophone('NotFoundError')")
    notice = tab.page.get_by_role("alert").filter(has_text="No microphone was found")
    await expect(notice).to_be_visible(timeout=PATIENT_MS)
    await eventually(lambda: has_said(agent, "missing"))
    await tab.page.evaluate(
        "window.__test.microphoneError = undefined;"
        "navigator.mediaDevices.dispatchEvent(new Event('devicechange'))"
    )
    await comes_back(tab, agent, notice)


async def test_a_permission_revoked_in_mid_call_is_told_and_used_again_once_it_is_given(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    await eventually(lambda: has_said(agent, "on"))
    await tab.page.evaluate("window.__test.takeMicrophone('NotAllowedError')")
    notice = tab.page.get_by_role("alert").filter(has_text="may not use your microphone")
    await expect(notice).to_be_visible(timeout=PATIENT_MS)
    await eventually(lambda: has_said(agent, "denied"))
    await tab.page.evaluate("window.__test.microphoneError = undefined")
    await tab.page.context.grant_permissions(["microphone"])
    await comes_back(tab, agent, notice)


async def test_a_microphone_muted_by_the_system_is_told_and_goes_on_by_itself(
    open_tab: OpenTab, staged: StagedCall
) -> None:
    tab, agent = await in_a_staged_call(open_tab, staged)
    await eventually(lambda: has_said(agent, "on"))
    await tab.page.evaluate("window.__test.silenceMicrophone(true)")
    notice = tab.page.get_by_role("alert").filter(has_text="muted outside this page")
    await expect(notice).to_be_visible()
    await eventually(lambda: has_said(agent, "off"))
    await tab.page.evaluate("window.__test.silenceMicrophone(false)")
    await comes_back(tab, agent, notice)
