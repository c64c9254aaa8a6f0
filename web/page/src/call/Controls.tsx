import { LocalAudioTrack, ParticipantEvent, type Room, Track, TrackEvent } from 'livekit-client'
import { useCallback, useSyncExternalStore } from 'react'

import { words } from '../words'
import { Devices } from './Devices'
import { HoldButton } from './HoldButton'
import type { MicrophoneState } from './microphoneState'
import { useLevel } from './useLevel'
import type { Microphone } from './useMicrophone'
import type { PushToTalk } from './usePushToTalk'

interface Props {
  room: Room
  microphone: Microphone
  /** With it, the microphone is open while its button is held. */
  talk: PushToTalk | null
  /** Push-to-talk was switched on just now: its button takes the keys. */
  taken: boolean
  /** The connection dropped: the microphone comes back with it. */
  lost: boolean
  onEnd: () => void
}

const TRACK_EVENTS = [
  ParticipantEvent.LocalTrackPublished,
  ParticipantEvent.LocalTrackUnpublished,
  ParticipantEvent.TrackMuted,
  ParticipantEvent.TrackUnmuted,
] as const

const { mute, unmute, off } = words.microphone
const WORDS: Partial<Record<MicrophoneState, string>> = { on: mute, silenced: mute, muted: unmute, paused: off }

/** Where another device may help, or be wanted. */
const CHOOSES: MicrophoneState[] = ['on', 'muted', 'silenced', 'taken']

/** Microphone, device and the end of the call. */
export function Controls({ room, microphone, talk, taken, lost, onEnd }: Props) {
  const { state } = microphone
  const on = state === 'on'
  return (
    <div className="controls">
      {talk ? (
        <HoldButton talk={talk} taken={taken} disabled={lost || state === 'paused'} />
      ) : (
        <button className="mic" onClick={microphone.toggle} disabled={lost || state === 'paused'}>
          {(lost && state === 'asking' ? WORDS.paused : WORDS[state]) ?? words.microphone.use}
        </button>
      )}
      <Level room={room} on={on} />
      {CHOOSES.includes(state) && <Devices room={room} microphone={microphone} />}
      <button className="end" onClick={onEnd}>
        {words.microphone.end}
      </button>
    </div>
  )
}

function Level({ room, on }: { room: Room; on: boolean }) {
  const subscribe = useCallback(
    (changed: () => void) => {
      const me = room.localParticipant
      for (const event of TRACK_EVENTS) me.on(event, changed)
      return () => {
        for (const event of TRACK_EVENTS) me.off(event, changed)
      }
    },
    [room],
  )
  const track = useSyncExternalStore(subscribe, () => {
    const published = room.localParticipant.getTrackPublication(Track.Source.Microphone)
    return published?.track instanceof LocalAudioTrack ? published.track : undefined
  })
  // Another device, or the same one taken anew, sounds through another stream of the same track.
  const stream = useSyncExternalStore(
    useCallback(
      (changed: () => void) => {
        track?.on(TrackEvent.Restarted, changed)
        return () => void track?.off(TrackEvent.Restarted, changed)
      },
      [track],
    ),
    () => track?.mediaStreamTrack,
  )
  const level = useLevel(on ? track : undefined, stream)
  return (
    <div
      className="level"
      role="meter"
      aria-label={words.microphone.level}
      aria-valuemin={0}
      aria-valuemax={10}
      aria-valuenow={level}
    >
      <span style={{ transform: `scaleX(${level / 10})` }} />
    </div>
  )
}
