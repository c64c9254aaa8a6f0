import { useEffect, useRef } from 'react'

import { words } from '../words'
import type { PushToTalk } from './usePushToTalk'

interface Props {
  talk: PushToTalk
  /** Whoever has just switched it on talks next: the space bar must not press their switch again. */
  taken: boolean
  disabled: boolean
}

/** Held, the microphone is open. */
export function HoldButton({ talk, taken, disabled }: Props) {
  const { hold, talking } = words.microphone
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (taken) button.current?.focus()
  }, [taken])
  return (
    <button
      ref={button}
      className={talk.holding ? 'mic hold primary' : 'mic hold'}
      disabled={disabled}
      aria-pressed={talk.holding}
      title={words.tools.holdHint}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        talk.press()
      }}
      onPointerUp={talk.release}
      onPointerCancel={talk.release}
      onContextMenu={(event) => event.preventDefault()}
    >
      {talk.holding ? talking : hold}
    </button>
  )
}
