import { RoomAudioRenderer, RoomContext } from '@livekit/components-react'
import { useCallback, useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { ScreenPanel } from '../screen/ScreenPanel'
import { Thumbnail } from '../screen/Thumbnail'
import { useScreenShare } from '../screen/useScreenShare'
import { AgentState } from './AgentState'
import { CallTools } from './CallTools'
import { Captions } from './Captions'
import { Composer } from './Composer'
import { ConfirmCard } from './ConfirmCard'
import { Controls } from './Controls'
import type { Why } from './ending'
import { Keypad } from './Keypad'
import { MicrophoneNotice } from './MicrophoneNotice'
import { RecordingLine } from './RecordingLine'
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
import { usePreference } from './usePreference'
import { usePushToTalk } from './usePushToTalk'
import { useTierChanges } from './useTierChanges'
import { useTranscript } from './useTranscript'
import { useUnsent } from './useUnsent'
import { WaitingNotice } from './WaitingNotice'

export interface CallProps {
  csrf: string
  /** A call that lives already, to come back to. */
  rejoin: Rejoin | null
  /** What was written in the call before and never sent. */
  draft: string
  /** On a narrow screen either the call is seen or the tasks are. */
  shown: boolean
  /** Something in it must be seen now. */
  onShow: () => void
  onConnected: (callId: string) => void
  /** Something may have changed in the tasks. */
  onChanged: () => void
  onOver: (why: Why) => void
  /** What was written and never sent, at the end of the call. */
  onUnsent: (texts: string[]) => void
  onRetry: () => void
  onSignedOut: () => void
}

/** A call, from the press of the button to its end. */
export default function Call(props: CallProps) {
  const { room, connection, hangUp } = useCallLine(props)
  const connected = connection.state === 'connected'
  const lost = connection.state === 'lost'
  const agent = useAgent(room)
  const served = useLastKnown(agent)
  const changes = useTierChanges(served)
  const written = served.stack === TEXT
  const ready = agent.answered && connected
  const microphone = useMicrophone(room, written)
  useMicrophoneReport(room, agent.identity, connected, microphone.state)
  const [holds, setHolds] = usePreference('push-to-talk')
  const [taken, setTaken] = useState(false)
  const talk = usePushToTalk(microphone, holds)
  const [large, setLarge] = usePreference('captions')
  const [keys, setKeys] = useState(false)
  const transcript = useTranscript(room, props.onChanged)
  const inField = useRef(props.draft)
  const onText = useCallback((text: string) => {
    inField.current = text
  }, [])
  const unsent = useUnsent(ready, inField, transcript.send, props.onUnsent)
  const confirmation = useConfirmation(room, agent.identity, transcript.note, props.onChanged)
  const screen = useScreenShare(room, agent.identity)
  const { onChanged, onShow } = props
  const asked = confirmation.question?.id
  useEffect(() => {
    if (asked || lost || written) onShow()
  }, [asked, lost, written, onShow])

  // A reply may be cut off or wordless; back to listening the turn is over either way.
  useEffect(() => {
    if (agent.state === 'listening') onChanged()
  }, [agent.state, onChanged])

  return (
    <RoomContext.Provider value={room}>
      <RoomAudioRenderer />
      <section className="call" aria-label={words.call.name} data-captions={large}>
        <ServedBy agent={served} changes={changes} />
        {!lost && <RecordingLine csrf={props.csrf} turn={agent.state} />}
        <AgentState agent={agent} connection={connection} />
        {connected && <WaitingNotice answered={agent.answered} onRetry={props.onRetry} onEnd={hangUp} />}
        {written ? <TextOnlyNotice reason={served.reason} /> : <SoundNotice room={room} />}
        <MicrophoneNotice microphone={microphone} holds={holds} />
        {large && <Captions lines={transcript.lines} />}
        <Transcript lines={transcript.lines} waiting={unsent.waiting} />
        {connected && served.sees && <ScreenPanel screen={screen} ready={agent.answered} />}
        {confirmation.question && (
          <ConfirmCard
            key={confirmation.question.id}
            question={confirmation.question}
            answering={confirmation.answering}
            trouble={confirmation.trouble}
            shown={props.shown}
            onAnswer={confirmation.answer}
          >
            <Thumbnail screen={screen} action={confirmation.question.action} objects={confirmation.question.objects} />
          </ConfirmCard>
        )}
        {keys && <Keypad room={room} ready={ready} />}
        <Composer
          ready={ready}
          waits={lost}
          holds={holds}
          draft={props.draft}
          only={written}
          onText={onText}
          onSend={async (text) => (lost ? unsent.add(text) : transcript.send(text))}
        />
        <div className="call-bar">
          <CallTools
            tools={[
              {
                name: words.tools.hold,
                on: holds,
                onChange: (on) => {
                  setHolds(on)
                  setTaken(on)
                },
              },
              { name: words.tools.keys, on: keys, onChange: setKeys },
              { name: words.tools.captions, on: large, onChange: setLarge },
            ]}
          />
          <Controls
            room={room}
            microphone={microphone}
            talk={holds ? talk : null}
            taken={taken}
            lost={lost}
            onEnd={hangUp}
          />
        </div>
      </section>
    </RoomContext.Provider>
  )
}
