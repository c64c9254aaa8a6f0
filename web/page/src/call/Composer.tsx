import { type FormEvent, useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { MOST_CHARACTERS } from './useTranscript'

interface Props {
  ready: boolean
  /** The line is away: what is written waits for it. */
  waits: boolean
  /** What could not be sent in the call before. */
  draft: string
  /** There is no other way to speak to the assistant: the field asks for the words. */
  only: boolean
  onSend: (text: string) => Promise<void>
}

/** Typing into the same conversation. */
export function Composer({ ready, waits, draft, only, onSend }: Props) {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(draft)
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    if (only || waits) field.current?.focus()
  }, [only, waits])

  async function submit(event: FormEvent) {
    event.preventDefault()
    const message = text.trim()
    if (!message || busy || !(ready || waits)) return
    setBusy(true)
    setError(undefined)
    try {
      await onSend(message)
      setText('')
    } catch {
      setError(words.composer.failed)
    } finally {
      setBusy(false)
    }
  }

  return (
    <form className="composer" onSubmit={(event) => void submit(event)}>
      <label htmlFor="message" className="unseen">
        {words.composer.label}
      </label>
      <input
        id="message"
        ref={field}
        value={text}
        maxLength={MOST_CHARACTERS}
        autoComplete="off"
        enterKeyHint="send"
        placeholder={hint(ready, only, waits)}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" disabled={!(ready || waits) || busy || !text.trim()}>
        {words.composer.send}
      </button>
      <p className="field-error" role="alert">
        {error}
      </p>
    </form>
  )
}

function hint(ready: boolean, only: boolean, waits: boolean): string {
  const { composer } = words
  if (waits) return composer.lost
  if (!ready) return composer.early
  return only ? composer.only : composer.also
}
