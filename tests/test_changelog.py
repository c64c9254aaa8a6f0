"""The newest version that the changelog tells of is the one that is built, and documents name no other."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib

import pytest
import yaml

from tests.conftest import CHECKOUT

pytestmark = pytest.mark.unit

HEADING = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d|not released yet)$", re.MULTILINE)


def newest() -> tuple[str, str]:
    """The version at the top, and when it was released."""
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## .*$", text, re.MULTILINE)
    assert first is not None
    found = HEADING.fullmatch(first[0])
    assert found is not None, first[0]
    return found[1], found[2]


def test_the_newest_version_of_the_changelog_is_what_is_built() -> None:
    version, _ = newest()
    assert tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"] == version
    assert json.loads((CHECKOUT / "web/page/package.json").read_text())["version"] == version
    overlay = CHECKOUT / "deploy/kubernetes/overlays/production/kustomization.yaml"
    assert {image["newTag"] for image in yaml.safe_load(overlay.read_text())["images"]} == {version}
    told = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
    assert set(re.findall(r"voicetasks(?:-keeper)?:(\d+\.\d+\.\d+)", told)) == {version}


def test_documents_name_no_tag_of_git_that_is_not_there() -> None:
    done = subprocess.run(["git", "tag"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    tags = set(done.stdout.split())
    for page in (CHECKOUT / "docs").rglob("*.md"):
        for shown in re.findall(r"`{1,3}[^`]+`{1,3}", page.read_text(encoding="utf-8")):
            named = set(re.findall(r"\bgit\b.*?\b(v\d+\.\d+\.\d+)\b", shown))
            assert named <= tags, page.name
