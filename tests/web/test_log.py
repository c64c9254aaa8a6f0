"""The web server's log says what and why, and never what somebody said."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from web.log import log_to_stderr

pytestmark = pytest.mark.unit

MARKER = "zanzibar pineapple"


@pytest.fixture(autouse=True)
def root_logger_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_what_a_library_quotes_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    library = logging.getLogger("some.library")
    library.warning("could not store %s", MARKER)
    library.warning(f"could not store {MARKER}", extra={"error": MARKER})
    try:
        raise ValueError(MARKER)
    except ValueError:
        library.exception("failed")
    written = capsys.readouterr().err
    assert MARKER not in written
    told = [json.loads(line) for line in written.splitlines()]
    assert told[0]["event"] == "could not store %s"
    assert told[2]["error"] == "ValueError"
    assert any(place.startswith("test_log.py:") for place in told[2]["at"])


def test_an_erasure_a_policy_and_a_refusal_say_what_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    logging.getLogger("privacy.erasure").warning(
        "erasure.place_away", extra={"source": "Redis", "error": "TimeoutError"}
    )
    logging.getLogger("routing.policy_store").warning("policy.not_posted", extra={"why": "away"})
    logging.getLogger("routing.policy_store").info("policy.written", extra={"policy_version": 7})
    logging.getLogger("web.main").error("not started", extra={"what": "no key"})
    away, unposted, policy, refused = map(json.loads, capsys.readouterr().err.splitlines())
    assert (away["source"], away["error"]) == ("Redis", "TimeoutError")
    assert unposted["why"] == "away"
    assert policy["policy_version"] == 7
    assert (refused["event"], refused["what"]) == ("not started", "no key")
