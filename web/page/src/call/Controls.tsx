import { useMediaDeviceSelect } from '@livekit/components-react'
import { LocalAudioTrack, ParticipantEvent, type Room, Track } from 'livekit-client'
import { useCallback, useSyncExternalStore } from 'react'

import type { MicrophoneState } from './microphoneState'
import { useLevel } from './useLevel'
import type { Microphone } from './useMicrophone'

interface Props {
  room: Room
  microphone: Microphone
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

const WORDS: Partial<Record<MicrophoneState, string>> = {
  on: 'Mute',
  silenced: 'Mute',
  muted: 'Unmute',
  paused: 'Microphone is off',
}

/** Microphone, device and the end of the call. */
export function Controls({ room, microphone, lost, onEnd }: Props) {
  const { state } = microphone
  const on = state === 'on'
  return (
    <div className="controls">
      <button className="mic" onClick={microphone.toggle} disabled={lost || state === 'paused'}>
        {(lost && state === 'asking' ? WORDS.paused : WORDS[state]) ?? 'Use microphone'}
      </button>
      <Level room={room} on={on} />
      {(on || state === 'muted') && <Devices room={room} />}
      <button className="end" onClick={onEnd}>
        End
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
  const level = useLevel(on ? track : undefined)
  return (
    <div
      className="level"
      role="meter"
      aria-label="Microphone level"
      aria-valuemin={0}
      aria-valuemax={10}
      aria-valuenow={level}
    >
      <span style={{ transform: `scaleX(${level / 10})` }} />
    </div>
  )
}

function Devices({ room }: { room: Room }) {
  const { devices, activeDeviceId, setActiveMediaDevice } = useMediaDeviceSelect({
    kind: 'audioinput',
    room,
    requestPermissions: false, // it is shown once there is one
  })
  if (devices.length === 0) return null
  return (
    <select
      aria-label="Microphone device"
      value={activeDeviceId}
      onChange={(event) => void setActiveMediaDevice(event.target.value)}
    >
      {devices.map((device) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label || 'Microphone'}
        </option>
      ))}
    </select>
  )
}
