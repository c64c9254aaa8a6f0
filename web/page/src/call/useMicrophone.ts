import { ParticipantEvent, type Room, RoomEvent, Track } from 'livekit-client'
import { useCallback, useEffect, useRef, useState } from 'react'

export type MicrophoneState =
  | 'asking'
  | 'on'
  | 'muted'
  /** The user, or a policy, does not let this page hear. */
  | 'denied'
  | 'missing'
  /** Another program holds it. */
  | 'taken'
  /** The page did not come by https, or the browser is too old. */
  | 'unsupported'

export interface Microphone {
  state: MicrophoneState
  /** Try (again) to get it and turn it on. */
  turnOn: () => void
  toggle: () => void
}

/** The user's microphone. What was refused or unplugged is taken as soon as it is there, without a reload. */
export function useMicrophone(room: Room): Microphone {
  const [state, setState] = useState<MicrophoneState>('asking')
  const current = useRef(state)
  const trying = useRef(false)

  const set = useCallback((next: MicrophoneState) => {
    current.current = next
    setState(next)
  }, [])

  const turnOn = useCallback(() => {
    if (trying.current) return
    if (!navigator.mediaDevices?.getUserMedia) {
      set('unsupported')
      return
    }
    trying.current = true
    void (async () => {
      try {
        await room.localParticipant.setMicrophoneEnabled(true)
        set('on')
      } catch (error) {
        set(whyNot(error))
      } finally {
        trying.current = false
      }
    })()
  }, [room, set])

  useEffect(() => {
    // After a mount that strict mode takes back at once.
    const begin = setTimeout(turnOn, 0)
    const me = room.localParticipant
    const onUnpublished = () => {
      if (current.current === 'on' || current.current === 'muted') {
        set('missing')
        turnOn()
      }
    }
    const onMuted = () => set('muted')
    const onUnmuted = () => set('on')
    const onDevices = () => {
      if (current.current === 'missing' || current.current === 'taken') turnOn()
    }
    me.on(ParticipantEvent.LocalTrackUnpublished, onUnpublished)
    me.on(ParticipantEvent.TrackMuted, onMuted)
    me.on(ParticipantEvent.TrackUnmuted, onUnmuted)
    room.on(RoomEvent.MediaDevicesChanged, onDevices)

    let permission: PermissionStatus | undefined
    const onPermission = () => {
      if (permission?.state === 'granted' && current.current === 'denied') turnOn()
    }
    void navigator.permissions
      ?.query({ name: 'microphone' as PermissionName })
      .then((status) => {
        permission = status
        status.addEventListener('change', onPermission)
      })
      .catch(() => undefined) // Not every browser tells; there the button tries again.

    return () => {
      clearTimeout(begin)
      me.off(ParticipantEvent.LocalTrackUnpublished, onUnpublished)
      me.off(ParticipantEvent.TrackMuted, onMuted)
      me.off(ParticipantEvent.TrackUnmuted, onUnmuted)
      room.off(RoomEvent.MediaDevicesChanged, onDevices)
      permission?.removeEventListener('change', onPermission)
    }
  }, [room, set, turnOn])

  const toggle = useCallback(() => {
    const published = room.localParticipant.getTrackPublication(Track.Source.Microphone)
    if (published && !published.isMuted) void room.localParticipant.setMicrophoneEnabled(false)
    else turnOn()
  }, [room, turnOn])

  return { state, turnOn, toggle }
}

function whyNot(error: unknown): MicrophoneState {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotReadableError':
    case 'AbortError':
      return 'taken'
    default:
      return 'missing'
  }
}
