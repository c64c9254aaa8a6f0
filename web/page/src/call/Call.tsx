import { RoomAudioRenderer, RoomContext } from '@livekit/components-react'
import { useEffect } from 'react'

import { ScreenPanel } from '../screen/ScreenPanel'
import { Thumbnail } from '../screen/Thumbnail'
import { useScreenShare } from '../screen/useScreenShare'
import { AgentState } from './AgentState'
import { Composer } from './Composer'
import { ConfirmCard } from './ConfirmCard'
import { Controls } from './Controls'
import type { Why } from './ending'
import { MicrophoneNotice } from './MicrophoneNotice'
import type { Rejoin } from './rejoin'
import { ServedBy } from './ServedBy'
import { SoundNotice } from './SoundNotice'
import { TextOnlyNotice } from './TextOnlyNotice'
import { TEXT } from './tiers'
import { Transcript } from './Transcript'
import { useAgent, useLastKnown } from './useAgent'
import { useCallLine } from './useCallLine'
import { useConfirmation } from './useConfirmation'
import { useMicrophone } from './useMicrophone'
import { useMicrophoneReport } from './useMicrophoneReport'
import { useTierChanges } from './useTierChanges'
import { useTranscript } from './useTranscript'
import { WaitingNotice } from './WaitingNotice'

export interface CallProps {
  csrf: string
  /** A call that lives already, to come back to. */
  rejoin: Rejoin | null
  onConnected: (callId: string) => void
  /** Something may have changed in the tasks. */
  onChanged: () => void
  onOver: (why: Why) => void
  onRetry: () => void
  onSignedOut: () => void
}

/** A call, from the press of the button to its end. */
export default function Call(props: CallProps) {
  const { room, connection, hangUp } = useCallLine(props)
  const connected = connection.state === 'connected'
  const agent = useAgent(room)
  const served = useLastKnown(agent)
  const changes = useTierChanges(served)
  const written = served.stack === TEXT
  const microphone = useMicrophone(room, written)
  useMicrophoneReport(room, agent.identity, connected, microphone.state)
  const transcript = useTranscript(room, props.onChanged)
  const confirmation = useConfirmation(room, agent.identity, transcript.note, props.onChanged)
  const screen = useScreenShare(room, agent.identity)
  const { onChanged } = props

  // A reply may be cut off or wordless; back to listening the turn is over either way.
  useEffect(() => {
    if (agent.state === 'listening') onChanged()
  }, [agent.state, onChanged])

  return (
    <RoomContext.Provider value={room}>
      <RoomAudioRenderer />
      <section className="call" aria-label="Call">
        <ServedBy agent={served} changes={changes} />
        <AgentState agent={agent} connection={connection} />
        {connected && (
          <WaitingNotice answered={agent.answered} onRetry={props.onRetry} onEnd={hangUp} />
        )}
        {written ? <TextOnlyNotice reason={served.reason} /> : <SoundNotice room={room} />}
        <MicrophoneNotice microphone={microphone} />
        <Transcript lines={transcript.lines} />
        {confirmation.question && (
          <ConfirmCard
            key={confirmation.question.id}
            question={confirmation.question}
            answering={confirmation.answering}
            trouble={confirmation.trouble}
            onAnswer={confirmation.answer}
          >
            <Thumbnail screen={screen} action={confirmation.question.action} />
          </ConfirmCard>
        )}
        {connected && <ScreenPanel screen={screen} ready={agent.answered} />}
        <Composer ready={agent.answered && connected} only={written} onSend={transcript.send} />
        <Controls room={room} microphone={microphone} lost={connection.state === 'lost'} onEnd={hangUp} />
      </section>
    </RoomContext.Provider>
  )
}
