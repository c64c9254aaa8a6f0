import { RoomAudioRenderer, RoomContext } from '@livekit/components-react'
import { ConnectionState } from 'livekit-client'
import { useEffect } from 'react'

import { AgentState } from './AgentState'
import { Composer } from './Composer'
import { ConfirmCard } from './ConfirmCard'
import { Controls } from './Controls'
import type { Why } from './ending'
import { MicrophoneNotice } from './MicrophoneNotice'
import { ServedBy } from './ServedBy'
import { SoundNotice } from './SoundNotice'
import { Transcript } from './Transcript'
import { useAgent } from './useAgent'
import { useConfirmation } from './useConfirmation'
import { useMicrophone } from './useMicrophone'
import { useRoomOfCall } from './useRoomOfCall'
import { useTranscript } from './useTranscript'
import { WaitingNotice } from './WaitingNotice'

export interface CallProps {
  csrf: string
  /** The id of a call that lives already, to come back to. */
  rejoin: string | null
  onConnected: (callId: string) => void
  /** Something may have changed in the tasks. */
  onChanged: () => void
  onOver: (why: Why) => void
  onRetry: () => void
  onSignedOut: () => void
}

/** A call, from the press of the button to its end. */
export default function Call(props: CallProps) {
  const { room, connection, hangUp } = useRoomOfCall(props)
  const agent = useAgent(room)
  const microphone = useMicrophone(room)
  const transcript = useTranscript(room, props.onChanged)
  const confirmation = useConfirmation(room, agent.identity, transcript.note, props.onChanged)
  const { onChanged } = props

  // A reply may be cut off or wordless; back to listening the turn is over either way.
  useEffect(() => {
    if (agent.state === 'listening') onChanged()
  }, [agent.state, onChanged])

  return (
    <RoomContext.Provider value={room}>
      <RoomAudioRenderer />
      <section className="call" aria-label="Call">
        <ServedBy agent={agent} />
        <AgentState agent={agent} connection={connection} />
        {connection === ConnectionState.Connected && (
          <WaitingNotice answered={agent.answered} onRetry={props.onRetry} onEnd={hangUp} />
        )}
        <SoundNotice room={room} />
        <MicrophoneNotice microphone={microphone} />
        <Transcript lines={transcript.lines} />
        {confirmation.question && (
          <ConfirmCard
            key={confirmation.question.id}
            question={confirmation.question}
            answering={confirmation.answering}
            trouble={confirmation.trouble}
            onAnswer={confirmation.answer}
          />
        )}
        <Composer ready={agent.answered && connection === ConnectionState.Connected} onSend={transcript.send} />
        <Controls room={room} microphone={microphone} onEnd={hangUp} />
      </section>
    </RoomContext.Provider>
  )
}
