"""Settings of the local speech engines."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """Which models the local ear and the local voice use; empty means the packaged ones."""

    model_config = SettingsConfigDict(env_prefix="VOICETASKS_LOCAL_", extra="ignore", env_ignore_empty=True)

    ear_model: str = ""
    """Directory of a CTranslate2 Whisper model, or a name that faster-whisper downloads (`small.en`)."""

    voice_model: Path | None = None
    """A Piper voice, `NAME.onnx` with `NAME.onnx.json` beside it."""
