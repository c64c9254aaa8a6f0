import { ParticipantKind, type RemoteParticipant, type Room, RoomEvent } from 'livekit-client'
import { useCallback, useRef, useSyncExternalStore } from 'react'

/** Why a call ends that nothing may serve any more, as the agent's last state says it. */
export type Parting = 'trouble' | 'out_of_money' | 'switched_off'

export type State = 'connecting' | 'listening' | 'thinking' | 'speaking' | 'busy' | Parting

/** What the agent shows of itself, as attributes of its participant. */
export interface Agent {
  identity: string | null
  state: State
  /** It has begun to serve this call. */
  answered: boolean
  tier: string
  stack: string
  reason: string
  /** What the call has cost so far, µ$; null when it is not told. */
  cost: number | null
  sandbox: boolean
  /** Whether it could look at a screen that is shared. */
  sees: boolean
}

const EVENTS = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.Connected,
  RoomEvent.Reconnected,
] as const

const ANSWERED: readonly string[] = ['listening', 'thinking', 'speaking']
const PARTINGS: readonly string[] = ['trouble', 'out_of_money', 'switched_off']
const STATES: readonly string[] = [...ANSWERED, ...PARTINGS, 'busy']
const NOBODY = '{}'

/** The agent in the room. Of two, the one who came last: the room does not know at once when a worker has died. */
export function agentIn(room: Room): RemoteParticipant | undefined {
  return [...room.remoteParticipants.values()]
    .filter((one) => one.kind === ParticipantKind.AGENT)
    .sort((one, other) => (other.joinedAt?.getTime() ?? 0) - (one.joinedAt?.getTime() ?? 0))[0]
}

/** Why the call ends, where that was told. */
export function partingOf(state: string | undefined): Parting | null {
  return state !== undefined && PARTINGS.includes(state) ? (state as Parting) : null
}

export function useAgent(room: Room): Agent {
  const subscribe = useCallback(
    (changed: () => void) => {
      for (const event of EVENTS) room.on(event, changed)
      return () => {
        for (const event of EVENTS) room.off(event, changed)
      }
    },
    [room],
  )
  // As text, so that two looks at the same attributes are the same.
  const shown = useSyncExternalStore(subscribe, () => {
    const agent = agentIn(room)
    return agent ? JSON.stringify({ ...agent.attributes, identity: agent.identity }) : NOBODY
  })
  return read(JSON.parse(shown) as Record<string, string>)
}

/** The agent as it was last known: while the line is lost, nobody is in the room. */
export function useLastKnown(agent: Agent): Agent {
  const last = useRef(agent)
  if (agent.tier) last.current = agent
  return last.current
}

function read(attributes: Record<string, string>): Agent {
  const state = attributes['voicetasks.state'] ?? attributes['lk.agent.state'] ?? ''
  return {
    identity: attributes.identity ?? null,
    state: STATES.includes(state) ? (state as State) : 'connecting',
    answered: ANSWERED.includes(state),
    tier: attributes['voicetasks.tier'] ?? '',
    stack: attributes['voicetasks.stack'] ?? '',
    reason: attributes['voicetasks.reason'] ?? '',
    cost: attributes['voicetasks.cost_microdollars'] ? Number(attributes['voicetasks.cost_microdollars']) : null,
    sandbox: attributes['voicetasks.sandbox'] === 'true',
    sees: attributes['voicetasks.sight'] !== 'false',
  }
}
