import pytest

from mcp_tasks import postgres
from people.database import DATABASE_AWAY
from people.store import People
from routing.journal import Journal, JournalDownError
from tests.refusing_postgres import STARTING_UP, TOO_MANY, refusing_postgres

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("code", [STARTING_UP, TOO_MANY])
async def test_a_postgres_that_refuses_is_away(code: str) -> None:
    async with refusing_postgres(code) as url:
        async with People(url) as people:
            with pytest.raises(DATABASE_AWAY) as refused:
                await people.ping()
        async with Journal(url) as journal:
            with pytest.raises(JournalDownError):
                await journal.subject_of("usr_ann")
    assert "not now" not in str(refused.value)


async def test_a_postgres_that_says_nothing_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 0.05)
    async with refusing_postgres(None) as url, People(url) as people:
        with pytest.raises(DATABASE_AWAY):
            await people.ping()
