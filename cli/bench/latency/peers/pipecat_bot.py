"""pipecat's plain pipeline in one room: its LiveKit transport, its defaults, the same vendors' stand-ins.

Run by a Python that has pipecat-ai (cli/bench/latency/peers/pipecat_home.py). It imports nothing of the product.
"""

from __future__ import annotations

import asyncio
import os
import sys
from urllib.parse import urlsplit

from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport
from pipecat.workers.runner import WorkerRunner

INSTRUCTIONS = "You are a helpful voice assistant. Answer briefly."
VOICE = "f786b574-daa5-4673-aa0c-cbe3e8534c02"


async def bot(url: str, token: str, room: str) -> None:
    """Talk in the room until the caller leaves. The room's name is its tag at the vendors."""
    transport = LiveKitTransport(
        url, token, room, LiveKitParams(audio_in_enabled=True, audio_out_enabled=True)
    )
    ear = DeepgramSTTService(
        api_key=os.environ["DEEPGRAM_API_KEY"], base_url=os.environ["DEEPGRAM_BASE_URL"], tag=room
    )
    mind = OpenAILLMService(
        api_key=os.environ["OPENAI_API_KEY"],
        base_url=os.environ["OPENAI_BASE_URL"],
        settings=OpenAILLMService.Settings(model="gpt-4o-mini"),
    )
    voice = CartesiaTTSService(
        api_key=os.environ["CARTESIA_API_KEY"],
        url=f"ws://{urlsplit(os.environ['CARTESIA_BASE_URL']).netloc}{urlsplit(os.environ['CARTESIA_BASE_URL']).path}/tts/websocket",
        settings=CartesiaTTSService.Settings(voice=VOICE, model="sonic-3"),
    )
    context = LLMContext([{"role": "system", "content": INSTRUCTIONS}])
    both = LLMContextAggregatorPair(
        context, user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    pipeline = Pipeline(
        [transport.input(), ear, both.user(), mind, voice, transport.output(), both.assistant()]
    )
    worker = PipelineWorker(pipeline, params=PipelineParams(), enable_rtvi=False)

    @transport.event_handler("on_participant_disconnected")  # type: ignore[untyped-decorator]
    async def gone(_transport: object, _participant: str) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigterm=True)
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    asyncio.run(bot(sys.argv[1], sys.argv[2], sys.argv[3]))
