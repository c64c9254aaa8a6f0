"""LiveKit's plain starter: an AgentSession at its defaults, on the same vendors' stand-ins. A worker of its own.

As in LiveKit's starter template: Silero, the end-of-turn model that comes with the library, preemptive generation.
The template's multilingual text model is downloaded from a hub; its makers replaced it by the one that is used here.
"""

from __future__ import annotations

import math
import os
from typing import Final

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, cli, inference
from livekit.agents.voice.turn import TurnHandlingOptions
from livekit.plugins import cartesia, deepgram, openai

NAME: Final = "starter"
INSTRUCTIONS: Final = "You are a helpful voice assistant. Answer briefly."

server = AgentServer(
    num_idle_processes=int(os.environ.get("VOICETASKS_BENCH_IDLE_PROCESSES", "1")),
    # A busy machine is what the bench measures: no call is refused for it.
    load_fnc=lambda: 0.0,
    load_threshold=math.inf,
    host="127.0.0.1",
    port=0,
)


@server.rtc_session(agent_name=NAME)
async def answer(ctx: JobContext) -> None:
    """Take a call. The room's name is its tag at the vendors."""
    room = ctx.job.room.name
    session: AgentSession[None] = AgentSession(
        stt=deepgram.STT(
            model="nova-3", base_url=f"{os.environ['DEEPGRAM_BASE_URL']}/v1/listen", tags=[room]
        ),
        llm=openai.LLM(model="gpt-4o-mini", base_url=os.environ["OPENAI_BASE_URL"]),
        tts=cartesia.TTS(model="sonic-3", base_url=os.environ["CARTESIA_BASE_URL"]),
        vad=inference.VAD(model="silero"),
        turn_handling=TurnHandlingOptions(
            turn_detection=inference.TurnDetector(version="v1-mini"),
            preemptive_generation={"enabled": True},
        ),
    )
    await session.start(Agent(instructions=INSTRUCTIONS), room=ctx.room, record=False)
    await ctx.connect()


if __name__ == "__main__":
    cli.run_app(server)
