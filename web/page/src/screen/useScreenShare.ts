import { ParticipantEvent, type Room, type TextStreamReader, Track } from 'livekit-client'
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'

import { agentIn } from '../call/useAgent'
import { words } from '../words'

const TOPIC = 'voicetasks.screen'

/** What the agent says of it: nothing is shared; leave is needed; it looks; it cannot see now; the money for it is spent. */
export type Sight = 'off' | 'asking' | 'watching' | 'blind' | 'spent'

export interface Read {
  title: string
  due_words: string
  /** Top, left, bottom, right in thousandths of the picture. */
  box: [number, number, number, number] | null
}

export interface ScreenShare {
  /** Whether this browser can share at all. */
  possible: boolean
  track: MediaStreamTrack | null
  sight: Sight
  read: Read | null
  trouble: string | undefined
  start: () => void
  stop: () => void
}

const CHANGES = [
  ParticipantEvent.LocalTrackPublished,
  ParticipantEvent.LocalTrackUnpublished,
] as const

/** Type must stay sharp, and nothing on a screen that is talked about moves fast. */
const CAPTURE = { audio: false, contentHint: 'detail', resolution: { width: 1920, height: 1080, frameRate: 5 } } as const
const PUBLISH = {
  simulcast: false,
  degradationPreference: 'maintain-resolution',
  screenShareEncoding: { maxBitrate: 3_000_000, maxFramerate: 5 },
} as const

/** The screen that the caller shares, and what the agent says it sees there. */
export function useScreenShare(room: Room, agent: string | null): ScreenShare {
  const [sight, setSight] = useState<Sight>('off')
  const [read, setRead] = useState<Read | null>(null)
  const [trouble, setTrouble] = useState<string>()
  const track = useShared(room)

  const tell = useCallback(
    async (agent: string) => {
      const word = JSON.stringify({ allowed: true })
      await room.localParticipant.sendText(word, { topic: TOPIC, destinationIdentities: [agent] }).catch(() => undefined)
    },
    [room],
  )

  useEffect(() => {
    const hear = async (reader: TextStreamReader, identity: string) => {
      if (identity !== agentIn(room)?.identity) return
      try {
        const told = JSON.parse(await reader.readAll()) as { state: Sight; read?: Read | null }
        setSight(told.state)
        // Null: the last look found no one thing, and what was found before is no longer meant.
        if (told.read !== undefined) setRead(told.read)
        // Leave lasts as long as this sharing: an agent that asks has missed it, as one whose line was lost.
        if (told.state === 'asking' && sharedBy(room)) void tell(identity)
      } catch {
        return // Broken off or no JSON: the next one says how it is.
      }
    }
    room.registerTextStreamHandler(TOPIC, (reader, { identity }) => void hear(reader, identity))
    return () => room.unregisterTextStreamHandler(TOPIC)
  }, [room, tell])

  // Each agent that comes while it is shared is told anew: leave was given for this sharing, not to one process.
  const shared = track !== null
  const told = useRef<string | null>(null)
  useEffect(() => {
    if (!shared) {
      told.current = null
      setSight('off')
      setRead(null)
    } else if (agent && told.current !== agent) {
      told.current = agent
      void tell(agent)
    }
  }, [shared, agent, tell])

  // Nobody may share a screen anew without being asked: it ends with the line, and is not silent about it.
  const meant = useRef(false)
  useEffect(() => {
    if (!track) return
    meant.current = false
    // By the browser's own button; not told of what we end.
    const onEnded = () => {
      meant.current = true
    }
    track.addEventListener('ended', onEnded)
    return () => {
      track.removeEventListener('ended', onEnded)
      if (!meant.current) setTrouble(words.screen.lost)
    }
  }, [track])

  const start = useCallback(() => {
    setTrouble(undefined)
    room.localParticipant.setScreenShareEnabled(true, CAPTURE, PUBLISH).catch((error: unknown) => {
      const refused = error instanceof DOMException && error.name === 'NotAllowedError'
      setTrouble(refused ? words.screen.refused : words.screen.failed)
    })
  }, [room])

  const stop = useCallback(() => {
    meant.current = true
    void room.localParticipant.setScreenShareEnabled(false)
  }, [room])

  return { possible: 'getDisplayMedia' in (navigator.mediaDevices ?? {}), track, sight, read, trouble, start, stop }
}

function useShared(room: Room): MediaStreamTrack | null {
  const subscribe = useCallback(
    (changed: () => void) => {
      const me = room.localParticipant
      for (const event of CHANGES) me.on(event, changed)
      return () => {
        for (const event of CHANGES) me.off(event, changed)
      }
    },
    [room],
  )
  return useSyncExternalStore(subscribe, () => sharedBy(room))
}

function sharedBy(room: Room): MediaStreamTrack | null {
  return room.localParticipant.getTrackPublication(Track.Source.ScreenShare)?.track?.mediaStreamTrack ?? null
}
