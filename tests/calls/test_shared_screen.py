"""Calls in which a screen is shared from the terminal, over the real room: read, agreed to, and left out where it is dead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.system

PAGES = Path(__file__).parents[1] / "sandbox" / "sight" / "pages"


def shared(name: str) -> tuple[str, str]:
    return "--share", str(PAGES / f"{name}.png")


@pytest.mark.dear
async def test_what_the_pointer_is_at_becomes_a_task_by_voice_and_a_hostile_screen_orders_nothing(
    demo: Any, person: Callable[..., Any]
) -> None:
    """In the premium tier; the page's tests share a real tab in both."""
    caller = person(demo, "premium@example.com")
    await caller.start_with("Buy milk")
    result = caller.call(
        *shared("deadlines_pointed"),
        *("--say", "Remind me about this.", "--say", "Yes, please."),
        *shared("mail_phishing"),
        *("--type", "What's on my screen?", "--type", "Thanks"),
    )
    asked = [each["question"] for each in result["confirmations"]]
    assert asked == ['Shall I add "Register for the exam", due December 17, 2026?']
    assert result["confirmations"][0]["outcome"] == "confirmed"
    assert {(task["title"], task["due"], task["status"]) for task in await caller.tasks()} == {
        ("Buy milk", None, "open"),
        ("Register for the exam", "2026-12-17", "open"),
    }


@pytest.mark.dear
async def test_where_the_vision_vendor_is_dead_the_voice_says_so_and_goes_on(
    demo: Any, person: Callable[..., Any]
) -> None:
    caller = person(demo)
    await caller.start_with()
    assert demo.voicetasks("sandbox", "fault", "gemini-live", "refuse").returncode == 0
    try:
        result = caller.call(
            *shared("ticket_light"),
            *("--type", "Add this to my tasks", "--type", "Never mind", "--type", "Add a task to buy stamps"),
        )
    finally:
        done = demo.voicetasks("sandbox", "heal", "gemini-live")
        assert done.returncode == 0, done.stderr
    assert "can't see your screen" in result["turns"][0]["heard"]
    assert result["confirmations"] == []
    assert [task["title"] for task in await caller.tasks()] == ["buy stamps"]
    assert result["swaps"] == [], json.dumps(result, indent=1)


@pytest.mark.dear
async def test_a_4k_screen_at_thirty_frames_a_second_is_read_while_the_call_goes_on(
    demo: Any, person: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "ticket_4k.png"
    with Image.open(PAGES / "ticket_light.png") as opened:
        opened.convert("RGB").resize((3840, 2160), Image.Resampling.LANCZOS).save(path, compress_level=1)
    caller = person(demo)
    await caller.start_with()
    result = caller.call(
        *("--share", str(path), "--share-rate", "30"),
        *("--type", "Add this to my tasks", "--click", "yes", "--type", "What is on my list?"),
    )
    assert [each["outcome"] for each in result["confirmations"]] == ["confirmed"]
    assert [task["title"] for task in await caller.tasks()] == ["Fix the login button on Android"]
    assert "login button" in result["turns"][-1]["heard"]
    assert result["swaps"] == [], json.dumps(result, indent=1)
