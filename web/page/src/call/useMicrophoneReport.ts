import type { Room } from 'livekit-client'
import { useEffect } from 'react'

import type { MicrophoneState } from './microphoneState'

const TOPIC = 'voicetasks.microphone'

const REPORTED: Record<MicrophoneState, 'on' | 'off' | 'denied' | 'missing'> = {
  asking: 'off',
  on: 'on',
  muted: 'off',
  silenced: 'off',
  paused: 'off',
  denied: 'denied',
  dismissed: 'denied',
  blocked: 'denied',
  missing: 'missing',
  taken: 'missing',
  unsupported: 'missing',
}

/**
 * Tells the agent whether there is a microphone, so that it does not ask into silence. One word as a text stream, again
 * for each agent that comes: callers may not change their own attributes.
 */
export function useMicrophoneReport(room: Room, agent: string | null, connected: boolean, state: MicrophoneState): void {
  const word = REPORTED[state]
  useEffect(() => {
    if (!agent || !connected) return
    room.localParticipant.sendText(word, { topic: TOPIC, destinationIdentities: [agent] }).catch(() => undefined)
  }, [room, agent, connected, word])
}
