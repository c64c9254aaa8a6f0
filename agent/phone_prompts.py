"""What a caller hears before we know who they are: recordings, so that no vendor is dialled or paid for a stranger."""

from __future__ import annotations

from typing import Final

WELCOME: Final = "phone_welcome"
WRONG: Final = "phone_wrong"
CLOSED: Final = "phone_closed"
UNKEYED: Final = "phone_unkeyed"
BUSY: Final = "phone_busy"
TOO_MANY: Final = "phone_too_many"
NOT_TAKEN: Final = "phone_not_taken"
LINKED: Final = "phone_linked"
CHOOSE: Final = "phone_choose"
WEAK: Final = "phone_weak"
AGAIN: Final = "phone_again"
REMINDER: Final = "phone_reminder"
NO_MORE: Final = "phone_no_more"

PROMPTS: Final = {
    WELCOME: (
        "Hello, this is the task assistant, an AI. To show that it's you, please key in your PIN, "
        "or the code from the web page, and then the hash key. Please don't say it aloud."
    ),
    WRONG: "That was not right. Please key it in again, and then the hash key.",
    CLOSED: (
        "That was not right, so I can't show you anything. "
        "You can try again later, or sign in on the web page. Goodbye."
    ),
    UNKEYED: (
        "I did not get a PIN or a code in full, so I can't show you anything. "
        "You can try again later, or sign in on the web page. Goodbye."
    ),
    BUSY: (
        "Hello, this is the task assistant, an AI. "
        "All our lines are busy right now. Please try again in a minute. Goodbye."
    ),
    TOO_MANY: (
        "You have as many calls as you can have at once. "
        "Please end one of them, and try again in a minute. Goodbye."
    ),
    NOT_TAKEN: (
        "That was not right, or there were too many wrong tries from this number for now. "
        "Please key it in again, and then the hash key. A code from the web page always works."
    ),
    LINKED: "Thank you. This telephone is linked to your account now.",
    CHOOSE: (
        "Hello, this is the task assistant, an AI. I don't know this number yet. "
        "To begin a list of your own, choose a PIN of six to twelve digits, key it in, and then the hash key. "
        "If you have an account, key in the code from the web page instead."
    ),
    WEAK: (
        "That PIN is too easy to guess. Please choose another one of six to twelve digits, "
        "and then the hash key."
    ),
    REMINDER: (
        "Hello, this is the task assistant, an AI, with a reminder that you asked for. "
        "To hear it, key in your PIN, and then the hash key. To get no more of these calls, press nine and hash."
    ),
    NO_MORE: "All right, this number is not called again. Goodbye.",
    AGAIN: "Please key in the same PIN once more, and then the hash key.",
}
"""By name of the recording in sounds/. None but CHOOSE, which guests alone hear, says whether a number has an account, let
alone whose: only of one that has are tries counted, so that a wrong PIN and one that is not judged have one answer."""
