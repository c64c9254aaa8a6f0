import { useMultibandTrackVolume, useTracks } from '@livekit/components-react'
import { Track } from 'livekit-client'
import { useEffect, useRef } from 'react'

import type { Connection } from './CallLine'
import { LostNotice } from './LostNotice'
import { TEXT } from './tiers'
import { type Agent, partingOf } from './useAgent'
import { words } from '../words'

interface Props {
  agent: Agent
  connection: Connection
}

/** Large and calm: what the assistant does at this moment. */
export function AgentState({ agent, connection }: Props) {
  const lost = connection.state === 'lost'
  const state = lost ? 'reconnecting' : agent.state
  const written = agent.stack === TEXT
  const parting = partingOf(agent.state)
  const said = useRef<HTMLParagraphElement>(null)
  // The button that began the call is gone: whoever uses a keyboard goes on from here.
  useEffect(() => {
    if (document.activeElement === document.body) said.current?.focus()
  }, [])
  return (
    <div className="agent" data-state={state}>
      <Bars identity={state === 'speaking' && !written ? agent.identity : null} />
      <p className="state" role="status" ref={said} tabIndex={-1}>
        {(written && words.call.written[state]) || words.call.states[state]}
      </p>
      {lost && <LostNotice until={connection.until} />}
      {parting && !lost && <p className="quiet">{words.call.partings[parting]}</p>}
    </div>
  )
}

const BANDS = { bands: 5, loPass: 60, hiPass: 400, updateInterval: 80 }

/** They follow the voice of whoever has this identity; nobody's are at rest. */
function Bars({ identity }: { identity: string | null }) {
  const tracks = useTracks([Track.Source.Microphone, Track.Source.Unknown])
  const voice = tracks.find((one) => one.participant.identity === identity && identity !== null)
  const bands = useMultibandTrackVolume(voice, BANDS)
  return (
    <div className="bars" aria-hidden="true">
      {Array.from({ length: BANDS.bands }, (_, at) => (
        <span key={at} style={{ transform: `scaleY(${1 + 5 * Math.min(1, bands[at] ?? 0)})` }} />
      ))}
    </div>
  )
}
