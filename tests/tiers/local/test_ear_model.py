from concurrent.futures import ThreadPoolExecutor

import pytest

from tiers.local import ear_model
from tiers.local.ear_model import MODEL_NAME, EarModelError, packaged_ear_model

pytestmark = pytest.mark.unit


def test_the_packaged_parts_make_the_model_once(tmp_path):
    home = packaged_ear_model(tmp_path)
    assert home == tmp_path / MODEL_NAME
    assert {file.name for file in home.iterdir()} == {
        "model.bin",
        "config.json",
        "tokenizer.json",
        "vocabulary.txt",
    }
    made = (home / "model.bin").stat().st_mtime_ns
    assert packaged_ear_model(tmp_path) == home
    assert (home / "model.bin").stat().st_mtime_ns == made


def test_parts_that_are_not_the_model_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(EarModelError, match="reinstall"):
        packaged_ear_model(tmp_path, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_torn_model_is_made_again(tmp_path):
    home = tmp_path / MODEL_NAME
    home.mkdir()
    (home / "model.bin").write_bytes(b"torn")
    assert (packaged_ear_model(tmp_path) / "model.bin").stat().st_size > 1_000_000


def test_several_starting_at_once_get_one_whole_model(tmp_path):
    with ThreadPoolExecutor(3) as threads:
        homes = set(threads.map(lambda _: packaged_ear_model(tmp_path), range(3)))
    assert homes == {tmp_path / MODEL_NAME}
    assert [path.name for path in tmp_path.iterdir()] == [MODEL_NAME]


def test_a_missing_package_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr(ear_model, "_PACKAGES", ("no_such_model_package",))
    with pytest.raises(EarModelError, match="extra 'ears'"):
        packaged_ear_model(tmp_path)
