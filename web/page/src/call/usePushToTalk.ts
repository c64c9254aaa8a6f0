import { useCallback, useEffect, useRef, useState } from 'react'

import type { Microphone } from './useMicrophone'

/** Who lets go at the end of a word would cut it off. */
const LINGER_MS = 250

export interface PushToTalk {
  holding: boolean
  press: () => void
  release: () => void
}

/** With push-to-talk the microphone is open while a button or the space bar is held, and only then. */
export function usePushToTalk({ want }: Microphone, active: boolean): PushToTalk {
  const [holding, setHolding] = useState(false)
  const letGo = useRef<ReturnType<typeof setTimeout>>(undefined)
  const was = useRef(false)

  useEffect(() => {
    if (active) want(false)
    else if (was.current) want(true)
    was.current = active
    return () => clearTimeout(letGo.current)
  }, [active, want])

  const press = useCallback(() => {
    clearTimeout(letGo.current)
    setHolding(true)
    want(true)
  }, [want])

  const release = useCallback(() => {
    setHolding(false)
    clearTimeout(letGo.current)
    letGo.current = setTimeout(() => want(false), LINGER_MS)
  }, [want])

  useEffect(() => {
    if (!active) return
    let held = false
    const onDown = (event: KeyboardEvent) => {
      if (event.code !== 'Space' || isForAnother(event.target)) return
      event.preventDefault()
      if (!held) press()
      held = true
    }
    const onUp = (event: KeyboardEvent) => {
      if (event.code !== 'Space') return
      // Some browsers press the focused button when the key is let go.
      if (held) event.preventDefault()
      end()
    }
    const end = () => {
      if (held) release()
      held = false
    }
    window.addEventListener('keydown', onDown)
    window.addEventListener('keyup', onUp)
    // A key that is let go in another window is never told.
    window.addEventListener('blur', end)
    return () => {
      end()
      window.removeEventListener('keydown', onDown)
      window.removeEventListener('keyup', onUp)
      window.removeEventListener('blur', end)
    }
  }, [active, press, release])

  return { holding, press, release }
}

/** Space types into a field and presses a button; only elsewhere it is the key to talk. */
function isForAnother(target: EventTarget | null): boolean {
  const element = target instanceof HTMLElement ? target : null
  return element?.closest('input, textarea, select, button:not(.hold), a, summary') != null
}
