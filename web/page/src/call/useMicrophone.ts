import { LocalAudioTrack, ParticipantEvent, type Room, RoomEvent, Track, TrackEvent } from 'livekit-client'
import { useCallback, useEffect, useRef, useState } from 'react'

import { type MicrophoneState, type MicrophoneTrouble, whyNone, whyStopped } from './microphoneState'
import { NewMicrophone } from './newMicrophone'

export interface Microphone {
  state: MicrophoneState
  /** Try (again) to get it and turn it on. */
  turnOn: () => void
  /** Try (again) to get it, and leave it shut where nobody wants it open. */
  get: () => void
  toggle: () => void
  /** Open it or shut it. */
  want: (on: boolean) => void
  /** Use the device `id`, by `set`; where that fails, `before` again. */
  choose: (id: string, before: string, set: (id: string) => Promise<void>) => Promise<void>
  /** The device that was chosen last could not be used, and the one before is on. */
  refused: boolean
}

const TRACK_CHANGES = [
  ParticipantEvent.LocalTrackPublished,
  ParticipantEvent.LocalTrackUnpublished,
  ParticipantEvent.TrackMuted,
  ParticipantEvent.TrackUnmuted,
] as const

/**
 * The user's microphone. What was refused, unplugged or revoked is taken as soon as it is there again, without a
 * reload. `paused`: nobody can hear at the moment, so it is off until somebody can.
 */
export function useMicrophone(room: Room, paused: boolean): Microphone {
  const [state, setState] = useState<MicrophoneState>('asking')
  /** What the user wants, whatever is possible. */
  const wanted = useRef(true)
  const trouble = useRef<MicrophoneTrouble | null>(null)
  const trying = useRef(false)
  /** What is on its way into the room. */
  const coming = useRef<NewMicrophone>(undefined)
  const [refused, setRefused] = useState(false)
  const isPaused = useRef(paused)
  isPaused.current = paused

  const look = useCallback(() => {
    if (isPaused.current) setState('paused')
    else if (trouble.current) setState(trouble.current)
    else if (!wanted.current) setState('muted')
    else setState(stateOf(room))
  }, [room])

  const acquire = useCallback(async () => {
    if (trying.current || isPaused.current) return
    if (!navigator.mediaDevices?.getUserMedia) {
      trouble.current = 'unsupported'
      look()
      return
    }
    const isOpen = () => wanted.current && !isPaused.current
    trying.current = true
    try {
      if (!microphoneOf(room)) {
        coming.current = new NewMicrophone(room)
        await coming.current.publish(isOpen)
      } else if (isOpen()) await room.localParticipant.setMicrophoneEnabled(true)
      trouble.current = null
      // Unmuting a track that the system has muted is no error, and neither is a change of mind meanwhile.
      if (!isOpen()) await room.localParticipant.setMicrophoneEnabled(false)
    } catch (error) {
      trouble.current = whyNone(error)
    } finally {
      coming.current = undefined
      trying.current = false
      look()
    }
  }, [room, look])

  const turnOn = useCallback(() => {
    wanted.current = true
    coming.current?.hears(true)
    void acquire()
  }, [acquire])
  const get = useCallback(() => void acquire(), [acquire])

  useEffect(() => {
    // After a mount that strict mode takes back at once.
    const begin = setTimeout(() => void acquire(), 0)
    const me = room.localParticipant
    let track: MediaStreamTrack | undefined

    const onChange = () => {
      const now = microphoneOf(room)?.mediaStreamTrack
      if (now !== track) {
        track?.removeEventListener('mute', look)
        track?.removeEventListener('unmute', look)
        track = now
        track?.addEventListener('mute', look)
        track?.addEventListener('unmute', look)
      }
      look()
    }
    // The library looks for another device first, and mutes the track when there is none.
    const onMuted = () => {
      onChange()
      if (wanted.current && !trouble.current && microphoneOf(room)?.mediaStreamTrack.readyState === 'ended') {
        void whyStopped().then((why) => {
          trouble.current ??= why
          look()
        })
      }
    }
    const onPublished = () => {
      microphoneOf(room)?.on(TrackEvent.Restarted, onChange)
      onChange()
    }
    const onDevices = () => {
      if (trouble.current === 'missing' || trouble.current === 'taken') void acquire()
    }
    // The room was entered anew, with no track of ours in it.
    const onConnected = () => {
      if (!trouble.current && !microphoneOf(room)) void acquire()
    }
    for (const event of TRACK_CHANGES) me.on(event, onChange)
    me.on(ParticipantEvent.TrackMuted, onMuted)
    me.on(ParticipantEvent.LocalTrackPublished, onPublished)
    room.on(RoomEvent.MediaDevicesChanged, onDevices)
    navigator.mediaDevices?.addEventListener('devicechange', onDevices)
    room.on(RoomEvent.Connected, onConnected)

    let permission: PermissionStatus | undefined
    const onPermission = () => {
      if (permission?.state === 'granted' && trouble.current) void acquire()
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
      for (const event of TRACK_CHANGES) me.off(event, onChange)
      me.off(ParticipantEvent.TrackMuted, onMuted)
      me.off(ParticipantEvent.LocalTrackPublished, onPublished)
      room.off(RoomEvent.MediaDevicesChanged, onDevices)
      navigator.mediaDevices?.removeEventListener('devicechange', onDevices)
      room.off(RoomEvent.Connected, onConnected)
      track?.removeEventListener('mute', look)
      track?.removeEventListener('unmute', look)
      permission?.removeEventListener('change', onPermission)
    }
  }, [room, look, acquire])

  const wasPaused = useRef(false)
  useEffect(() => {
    if (paused) coming.current?.hears(false)
    if (paused && microphoneOf(room)) void room.localParticipant.setMicrophoneEnabled(false)
    if (!paused && wasPaused.current && wanted.current) void acquire()
    wasPaused.current = paused
    look()
  }, [room, paused, look, acquire])

  const want = useCallback(
    (on: boolean) => {
      if (on) {
        turnOn()
        return
      }
      wanted.current = false
      look()
      coming.current?.hears(false)
      if (microphoneOf(room)) void room.localParticipant.setMicrophoneEnabled(false)
    },
    [room, look, turnOn],
  )

  const toggle = useCallback(() => {
    const track = microphoneOf(room)
    want(!track || track.isMuted || trouble.current !== null)
  }, [room, want])

  const choose = useCallback(
    async (id: string, before: string, set: (id: string) => Promise<void>) => {
      setRefused(false)
      try {
        await set(id)
        if (trouble.current) await acquire()
      } catch (error) {
        // The library has let go of the old one before it asked for the new one.
        try {
          await set(before)
          setRefused(true)
        } catch {
          trouble.current = whyNone(error) ?? 'missing'
          // One that counts as open is not asked for again.
          await room.localParticipant.setMicrophoneEnabled(false)
        }
        look()
      }
    },
    [room, look, acquire],
  )

  return { state, turnOn, get, toggle, want, choose, refused }
}

function microphoneOf(room: Room): LocalAudioTrack | undefined {
  const track = room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track
  return track instanceof LocalAudioTrack ? track : undefined
}

function stateOf(room: Room): MicrophoneState {
  const track = microphoneOf(room)
  if (!track) return 'asking'
  if (track.mediaStreamTrack.muted) return 'silenced'
  return track.isMuted ? 'muted' : 'on'
}
