"""What is still to be said of a speech that was cut off."""

import pytest

from agent.owed import unheard

pytestmark = pytest.mark.unit

TWINS = 'Which one do you mean: "buy oat milk", due tomorrow; or "buy oat milk", due Friday?'


@pytest.mark.parametrize(
    ("heard", "rest"),
    [
        ("", TWINS),
        ("Which one do you", 'mean: "buy oat milk", due tomorrow; or "buy oat milk", due Friday?'),
        ("Which one do you mean buy oat", '"buy oat milk", due tomorrow; or "buy oat milk", due Friday?'),
        ("Which one do you mean buy oat milk", 'due tomorrow; or "buy oat milk", due Friday?'),
        ("Which one do you mean buy oat milk due tomorrow or buy", '"buy oat milk", due Friday?'),
        (TWINS, ""),
    ],
)
def test_the_rest_begins_where_we_were_cut_off_or_at_the_start_of_the_title_that_was(
    heard: str, rest: str
) -> None:
    assert unheard(TWINS, heard) == rest
