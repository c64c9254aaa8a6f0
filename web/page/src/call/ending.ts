/** Why a call of this page is over, and what the page says and offers then. */

import { DisconnectReason } from 'livekit-client'

import { ApiError } from '../api'
import { words } from '../words'
import type { Parting } from './useAgent'

export type Why =
  | { kind: 'hung-up' }
  | { kind: 'finished' }
  /** It ended while this page was away. */
  | { kind: 'gone' }
  /** The page was away for longer than a call waits. */
  | { kind: 'lost' }
  | { kind: 'moved'; callId: string }
  | { kind: 'busy' }
  | { kind: 'failed'; message: string }
  /** Nothing may serve it any more. */
  | { kind: Parting }

/** Why there is no call. */
export function whyNot(error: unknown): Why {
  if (error instanceof ApiError && error.code === 'busy') return { kind: 'busy' }
  if (error instanceof ApiError) return { kind: 'failed', message: error.message }
  return { kind: 'failed', message: words.endings.noRoomServer }
}

/** Why the room is closed to us; null when only the connection is lost. */
export function whyLeft(
  reason: DisconnectReason | undefined,
  callId: string,
  parting: Parting | null,
): Why | null {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { kind: 'moved', callId }
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.PARTICIPANT_REMOVED:
    case DisconnectReason.ROOM_CLOSED:
      return { kind: parting ?? 'finished' }
    default:
      return null
  }
}
