import { useEffect, useRef, useState } from 'react'

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
  const { hold, talking, talkingOn } = words.microphone
  const { holding, release } = talk
  /** By what cannot hold: the Enter key, a voice, a screen reader. The next press ends it. */
  const [stays, setStays] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (taken) button.current?.focus()
  }, [taken])
  useEffect(() => {
    if (!disabled || !holding) return
    // A button that is disabled is not told that it was let go.
    setStays(false)
    release()
  }, [disabled, holding, release])
  return (
    <button
      ref={button}
      className={holding ? 'mic hold primary' : 'mic hold'}
      disabled={disabled}
      aria-pressed={holding}
      title={words.tools.holdHint}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setStays(false)
        talk.press()
      }}
      onPointerUp={release}
      onPointerCancel={release}
      onLostPointerCapture={release}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && event.repeat) event.preventDefault()
      }}
      onClick={(event) => {
        if (event.detail > 0) return // by a pointer
        setStays(!holding)
        if (holding) release()
        else talk.press()
      }}
      onContextMenu={(event) => event.preventDefault()}
    >
      {holding ? (stays ? talkingOn : talking) : hold}
    </button>
  )
}
