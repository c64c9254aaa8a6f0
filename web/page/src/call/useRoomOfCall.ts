import { ConnectionState, DisconnectReason, Room, RoomEvent, setLogLevel } from 'livekit-client'
import { useCallback, useEffect, useRef, useState } from 'react'

import { ApiError, rejoinCall, startCall } from '../api'
import type { CallProps } from './Call'
import type { Why } from './ending'

// At «info» the library writes addresses and identities to the console.
setLogLevel('warn')

/** Makes the room of a call, enters it, and tells once why it was left. */
export function useRoomOfCall({ csrf, rejoin, onConnected, onOver, onSignedOut }: CallProps) {
  // What is said before the agent is there is recorded, and sent once it is (livekit's pre-connect buffer).
  const [room] = useState(
    () =>
      new Room({
        publishDefaults: { preConnectBuffer: true, dtx: false },
        audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
        disconnectOnPageLeave: true,
      }),
  )
  const [connection, setConnection] = useState<ConnectionState>(ConnectionState.Connecting)
  const callId = useRef('')
  const handlers = useRef({ onConnected, onOver, onSignedOut })
  handlers.current = { onConnected, onOver, onSignedOut }

  useEffect(() => {
    let left = false
    const over = (why: Why) => {
      if (left) return
      left = true
      handlers.current.onOver(why)
    }
    let connected = false
    const onState = (state: ConnectionState) => {
      if (state !== ConnectionState.Disconnected) setConnection(state)
    }
    const onDisconnected = (reason?: DisconnectReason) => {
      // A connection that could not be made is told by connect().
      if (connected) over(whyLeft(reason, callId.current, hadTrouble(room)))
    }
    room.on(RoomEvent.ConnectionStateChanged, onState)
    room.on(RoomEvent.Disconnected, onDisconnected)

    // Strict mode mounts twice: only what is still mounted a moment later makes a call.
    const begin = setTimeout(async () => {
      try {
        const made = await comeIn(csrf, rejoin)
        if (left) return
        callId.current = made.call_id
        await room.connect(made.url, made.token)
        connected = true
        handlers.current.onConnected(made.call_id)
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) handlers.current.onSignedOut()
        else over(whyNot(error))
      }
    }, 0)

    return () => {
      left = true
      clearTimeout(begin)
      room.off(RoomEvent.ConnectionStateChanged, onState)
      room.off(RoomEvent.Disconnected, onDisconnected)
      void room.disconnect()
    }
  }, [room, csrf, rejoin])

  const hangUp = useCallback(() => handlers.current.onOver({ kind: 'hung-up' }), [])
  return { room, connection, hangUp }
}

async function comeIn(csrf: string, rejoin: string | null) {
  if (rejoin) {
    try {
      return await rejoinCall(csrf, rejoin)
    } catch (error) {
      // It has ended meanwhile: a new one takes its place.
      if (!(error instanceof ApiError && error.status === 404)) throw error
    }
  }
  return startCall(csrf)
}

function whyNot(error: unknown): Why {
  if (error instanceof ApiError && error.code === 'busy') return { kind: 'busy', message: '' }
  if (error instanceof ApiError) return { kind: 'failed', message: error.message }
  return { kind: 'failed', message: 'The room server cannot be reached. Check your network, then try again.' }
}

function hadTrouble(room: Room): boolean {
  return [...room.remoteParticipants.values()].some((one) => one.attributes['voicetasks.state'] === 'trouble')
}

function whyLeft(reason: DisconnectReason | undefined, callId: string, trouble: boolean): Why {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { kind: 'moved', callId }
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.PARTICIPANT_REMOVED:
    case DisconnectReason.ROOM_CLOSED:
      return { kind: trouble ? 'trouble' : 'finished' }
    case DisconnectReason.CLIENT_INITIATED:
      return { kind: 'hung-up' }
    default:
      return { kind: 'lost', callId }
  }
}
