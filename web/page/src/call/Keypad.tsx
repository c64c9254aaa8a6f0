import type { Room } from 'livekit-client'
import { useState } from 'react'

import { words } from '../words'

/** By event code (RFC 4733, section 3.2), in the order of a telephone's pad below. */
const CODES = '0123456789*#'
const PAD = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

/** A telephone's keys: the same as the assistant takes from a phone. */
export function Keypad({ room, ready }: { room: Room; ready: boolean }) {
  const [trouble, setTrouble] = useState(false)

  async function press(key: string) {
    setTrouble(false)
    try {
      await room.localParticipant.publishDtmf(CODES.indexOf(key), key)
    } catch {
      setTrouble(true)
    }
  }

  return (
    <div className="keypad" role="group" aria-label={words.keys.name}>
      {PAD.map((key) => (
        <button key={key} disabled={!ready} aria-label={nameOf(key)} onClick={() => void press(key)}>
          <span aria-hidden="true">{key}</span>
          <span aria-hidden="true" className="meaning">
            {words.keys.meaning[key]}
          </span>
        </button>
      ))}
      <p className="field-error" role="alert">
        {trouble ? words.keys.failed : ''}
      </p>
    </div>
  )
}

function nameOf(key: string): string {
  const { spoken, meaning } = words.keys
  return [spoken[key] ?? key, meaning[key]].filter(Boolean).join(', ')
}
