"""`.env.example` lists every variable that the product reads, and no other."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings

from cli.main import app
from sandbox import __main__ as sandbox

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parent.parent
ROOMS = ("agent", "web", "cli", "privacy", "routing", "sandbox", "tiers", "people", "sip", "mcp_tasks")
LINE = re.compile(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=(.*)$")


def settings_classes() -> Iterator[type[BaseSettings]]:
    """Every settings class of every room, from the modules named `settings`."""
    for room in ROOMS:
        package = importlib.import_module(room)
        modules = [found.name for found in pkgutil.walk_packages(package.__path__, f"{room}.")]
        for name in modules:
            if name.rsplit(".", 1)[-1] == "settings":
                module = importlib.import_module(name)
                yield from (
                    one
                    for one in vars(module).values()
                    if isinstance(one, type) and issubclass(one, BaseSettings) and one.__module__ == name
                )


def variables(settings: type[BaseSettings]) -> Iterator[str]:
    """The environment variables that the class reads."""
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        alias = field.validation_alias or field.alias
        if isinstance(alias, AliasChoices):
            yield from (str(choice) for choice in alias.choices)
        elif isinstance(alias, str):
            yield alias
        else:
            yield f"{prefix}{name}".upper()


def flag_variables() -> Iterator[str]:
    """The variables that stand in for a flag of a command."""
    commands = [typer.main.get_command(app)]
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        for parameter in command.params:
            if isinstance(parameter.envvar, str):
                yield parameter.envvar


def documented() -> list[str]:
    """The variables of `.env.example`, commented out or not."""
    lines = (CHECKOUT / ".env.example").read_text(encoding="utf-8").splitlines()
    return [match[1] for match in map(LINE.match, lines) if match]


def read() -> set[str]:
    return {name for one in settings_classes() for name in variables(one)} | set(flag_variables())


def test_every_room_with_settings_is_looked_at() -> None:
    rooms = {one.__module__.split(".")[0] for one in settings_classes()}
    assert rooms >= {"agent", "web", "cli", "sandbox", "tiers", "people", "mcp_tasks"}


def test_every_variable_that_is_read_is_documented() -> None:
    assert sorted(read() - set(documented())) == []


def test_every_variable_that_is_documented_is_read() -> None:
    assert sorted(set(documented()) - read()) == []


def test_no_variable_is_documented_twice() -> None:
    assert [name for name, count in Counter(documented()).items() if count > 1] == []


def test_a_copy_of_the_example_changes_nothing() -> None:
    """Copied to `.env` as it stands it holds no value, so nothing stops being the sandbox."""
    for line in (CHECKOUT / ".env.example").read_text(encoding="utf-8").splitlines():
        match = LINE.match(line)
        if match and not line.startswith("#"):
            assert match[2] == "", line


def taken(settings: type[BaseSettings]) -> object:
    """What the environment comes to: the values, or what is wrong with it."""
    try:
        return settings().model_dump()
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False)


def test_a_variable_without_a_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for settings in settings_classes():
        for name in variables(settings):
            monkeypatch.delenv(name, raising=False)
        nothing_set = taken(settings)
        for name in variables(settings):
            monkeypatch.setenv(name, "")
        assert taken(settings) == nothing_set, settings.__name__


def test_of_two_variables_for_one_thing_an_empty_one_leaves_it_to_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for settings in settings_classes():
        for name in variables(settings):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DATABASE_URL", "sqlite+aiosqlite:///everybodys.db")
        shared = taken(settings)
        for field in settings.model_fields.values():
            if isinstance(field.validation_alias, AliasChoices):
                monkeypatch.setenv(str(field.validation_alias.choices[0]), "")
        assert taken(settings) == shared, settings.__name__


def test_a_sandbox_with_a_wrong_setting_says_which_and_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sandbox, "set_up_logging", lambda: None)
    monkeypatch.setenv("VOICETASKS_SANDBOX_PORT", "eighty")
    assert sandbox.main() == 2
    (why,) = (each.fields["why"] for each in caplog.records)  # type: ignore[attr-defined]
    assert "VOICETASKS_SANDBOX_PORT" in why
    assert ".env.example" in why
    assert "eighty" not in why
