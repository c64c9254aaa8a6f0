from datetime import UTC, datetime, timedelta

import jwt
import pytest

from people.settings import PeopleSettings
from people.tokens import mint_tasks_token
from people.user import Plan, Role, User

pytestmark = pytest.mark.unit

ANN = User(
    id="usr_ann",
    email="ann@example.org",
    plan=Plan.ECONOMY,
    role=Role.USER,
    time_zone="America/New_York",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def read(token: str, secret: str) -> dict[str, object]:
    return jwt.decode(token, secret, algorithms=["HS256"], audience="voicetasks-tasks")


def test_a_token_says_who_where_and_until_when_and_nothing_else(settings: PeopleSettings) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    token = mint_tasks_token(ANN, settings, now=now)
    assert read(token, settings.tasks_token_secret.get_secret_value()) == {
        "aud": "voicetasks-tasks",
        "sub": "usr_ann",
        "zoneinfo": "America/New_York",
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=10)).timestamp()),
    }


def test_a_token_dies_after_its_minutes(settings: PeopleSettings) -> None:
    token = mint_tasks_token(ANN, settings, now=datetime.now(UTC) - timedelta(minutes=10, seconds=1))
    with pytest.raises(jwt.ExpiredSignatureError):
        read(token, settings.tasks_token_secret.get_secret_value())


def test_a_token_holds_under_its_own_secret_only(settings: PeopleSettings) -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        read(mint_tasks_token(ANN, settings), "another secret, also 32 bytes long or more")


def test_a_short_secret_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "tooshort")
    with pytest.raises(ValueError, match="at least 32 bytes") as refused:
        PeopleSettings()
    assert "tooshort" not in str(refused.value)
