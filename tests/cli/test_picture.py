"""Every picture is drawn by one way in, which says what to install and what could not be written."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from cli.picture import NoPlotError, picture
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.unit


def test_without_the_package_it_is_said_which_extra_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(NoPlotError) as told, picture(tmp_path / "x.png", inches=(2, 2)):
        pass
    extra = str(told.value).rpartition("--extra ")[2]
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    assert any(package.startswith("matplotlib") for package in extras[extra])


def test_nobody_else_imports_the_package() -> None:
    importers = {
        str(path.relative_to(CHECKOUT))
        for path in (CHECKOUT / "cli").rglob("*.py")
        if "from matplotlib.figure import" in path.read_text("utf-8")
    }
    assert importers == {"cli/picture.py"}


def test_a_file_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with (
        pytest.raises(NoPlotError, match="could not be written to"),
        picture(tmp_path / "no" / "x.png", inches=(2, 2)),
    ):
        pass
