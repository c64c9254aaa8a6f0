"""Whatever is sent to the API: no failure of ours, errors in their one shape, and nothing of anybody else.

Schemathesis makes the requests from what the API says of itself; a real server answers them, with a real Redis and a
real task server behind it. Bounded to a minute, and to one round of each operation on a slower machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from redis import Redis
from schemathesis import Case, GenerationMode

from cli.ports import FreePorts
from mcp_tasks.client import TaskClient
from people.consent import Consents
from people.migrate import migrate
from people.phones import Phones
from people.settings import PeopleSettings
from people.store import People
from people.tokens import mint_tasks_token
from people.user import Plan, User
from tests.conftest import CHECKOUT, clean_environment
from tests.mcp_tasks.conftest import free_port
from tests.web.site import LIVEKIT_KEY, LIVEKIT_SECRET, NOBODY, PASSWORD

pytestmark = [pytest.mark.system, pytest.mark.timeout(240), pytest.mark.filterwarnings("ignore")]

SECONDS = 60.0
ROUNDS, EXAMPLES = 12, 5
"""Of each operation, right and wrong. Making requests up takes longer than answering them: after each round the time is
looked at."""
WEB_SECRET = "a web secret that only this test knows, 32+"
TASKS_SECRET = "a tasks secret that only this test knows, 32+"
BOBS = ("bob.quetzal@example.org", "zanzibar pineapple", "marmalade", "+4930901820")
OURS = ("$argon2", "Traceback", "sqlalchemy", "site-packages", str(CHECKOUT), WEB_SECRET, TASKS_SECRET)
AWAY = 503
"""LiveKit is not there, and the API says so: that is no failure of ours."""


@dataclass
class Server:
    """A web server with two people, and Ann's browser."""

    url: str
    redis_url: str
    leaks: tuple[str, ...]
    asked: int = 0
    statuses: set[tuple[str, int]] = field(default_factory=set)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))
    headers: dict[str, str] = field(default_factory=dict)

    def forget_tries(self) -> None:
        """Whatever was guessed or changed from here before: that is not what is tried here."""
        with Redis.from_url(self.redis_url) as redis:
            for key in redis.scan_iter("voicetasks:tries:*"):
                redis.delete(key)

    def sign_in(self) -> None:
        self.forget_tries()
        self.client.cookies.clear()
        given = {"email": "ann@example.org", "password": PASSWORD}
        answer = self.client.post(f"{self.url}/api/login", json=given)
        assert answer.status_code == 200, answer.text
        self.headers = {"X-CSRF-Token": answer.json()["csrf"]}

    def as_ann(self) -> dict[str, Any]:
        """What her browser sends; signed in again where a request has just signed her out."""
        if self.client.get(f"{self.url}/api/me").status_code == 401:
            self.sign_in()
        self.forget_tries()
        return {"headers": self.headers, "cookies": dict(self.client.cookies)}


def start(module: str, environment: dict[str, str], log: Path, health: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=CHECKOUT, env=environment, stdout=output, stderr=output
        )
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            httpx.get(health, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return process


@pytest.fixture(scope="module")
def server(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("any")
    web_port, tasks_port = FreePorts().take(), free_port()
    environment = clean_environment(
        folder,
        VOICETASKS_WEB_SECRET=WEB_SECRET,
        VOICETASKS_TASKS_TOKEN_SECRET=TASKS_SECRET,
        VOICETASKS_WEB_PORT=str(web_port),
        VOICETASKS_TASKS_PORT=str(tasks_port),
        VOICETASKS_WEB_TASKS_URL=f"http://127.0.0.1:{tasks_port}/mcp",
        LIVEKIT_URL=f"ws://{NOBODY}",
        LIVEKIT_API_KEY=LIVEKIT_KEY,
        LIVEKIT_API_SECRET=LIVEKIT_SECRET,
        REDIS_URL=redis_server,
        **{
            f"VOICETASKS_{room}_DATABASE_URL": f"sqlite+aiosqlite:///{folder / room.lower()}.db"
            for room in ("PEOPLE", "TASKS", "ROUTING")
        },
    )
    url = f"http://127.0.0.1:{web_port}"
    tasks = start("mcp_tasks", environment, folder / "tasks.log", f"http://127.0.0.1:{tasks_port}/readyz")
    web = start("web", environment, folder / "web.log", f"{url}/healthz")
    bob = anyio.run(fill, environment, tasks_port)
    made = Server(url, redis_server, leaks=(*BOBS, bob.id, *OURS))
    made.sign_in()
    try:
        yield made
    finally:
        made.client.close()
        for process in (web, tasks):
            process.terminate()
            process.wait(20)
    log = (folder / "web.log").read_text()
    assert not [line for line in log.splitlines() if '"level": "error"' in line]
    assert not [word for word in made.leaks if word in log]


async def fill(environment: dict[str, str], tasks_port: int) -> User:
    """Ann, whose browser asks, and Bob, of whom much is kept."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        people_settings = PeopleSettings()
    await migrate(people_settings.database_url)
    async with People(people_settings.database_url) as people:
        await people.create_user(email="ann@example.org", password=PASSWORD, plan=Plan.PREMIUM)
        bob = await people.create_user(email=BOBS[0], password=PASSWORD)
        consents = Consents(people.engine)
        await consents.set(bob.id, "browser", given=True)
        said = [(datetime.now(UTC) + timedelta(seconds=1), "caller", BOBS[1])]
        await consents.keep(bob.id, "browser", "c1", said)  # type: ignore[arg-type]
        await Phones(people.engine).set(bob.id, BOBS[3])

    async def token() -> str:
        return mint_tasks_token(bob, people_settings)

    async with TaskClient(f"http://127.0.0.1:{tasks_port}/mcp", token) as client:
        made = await client.call("create_task", {"title": f"Buy {BOBS[2]}"})
        assert not made.is_error
    return bob


def check(server: Server, case: Case, answer: Any) -> None:
    """No 500, one shape of errors, nothing of Bob and nothing of our insides."""
    server.asked += 1
    server.statuses.add((case.operation.label, answer.status_code))
    text = answer.text
    assert answer.status_code < 500 or answer.status_code == AWAY, text
    if answer.status_code >= 400 and case.path != "/readyz" and case.method != "HEAD" and text:
        error = json.loads(text)["error"]
        assert error.keys() == {"code", "message", "fix"}
    seen = text + str(dict(answer.headers))
    assert not [word for word in server.leaks if word in seen]


@pytest.mark.dear
def test_no_request_makes_us_fail_and_none_shows_what_is_somebody_elses(server: Server) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 20
    ends = time.monotonic() + SECONDS
    for place, operation in enumerate(operations):
        for at, mode in enumerate((GenerationMode.POSITIVE, GenerationMode.NEGATIVE)):
            parts_left = 2 * (len(operations) - place) - at
            share = max(0.2, (ends - time.monotonic()) / parts_left)
            _try(server, operation, mode, time.monotonic() + share)
    assert server.asked > 10 * len(operations)
    answered = {label for label, status in server.statuses if status < 300}
    assert answered >= {"GET /api/me", "GET /api/tasks", "GET /api/export", "PATCH /api/account"}
    print(f"{server.asked} requests to {len(operations)} operations")


def _try(server: Server, operation: Any, mode: GenerationMode, ends: float) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one_round(case: Case) -> None:
        check(server, case, case.call())
        check(server, case, case.call(**server.as_ann()))

    for _ in range(ROUNDS):
        try:
            one_round()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # nothing about it can be wrong
            return
        if time.monotonic() > ends:
            return
