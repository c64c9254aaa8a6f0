import pytest

from mcp_tasks.database import create_engine
from tests.refusing_postgres import STARTING_UP, refusing_postgres

pytestmark = pytest.mark.unit


async def test_a_postgres_that_refuses_is_away() -> None:
    async with refusing_postgres(STARTING_UP) as url:
        engine = create_engine(url)
        with pytest.raises(ConnectionError, match="CannotConnectNowError"):
            await engine.connect()
        await engine.dispose()
