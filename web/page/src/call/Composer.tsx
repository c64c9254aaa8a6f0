import { type FormEvent, useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { MOST_CHARACTERS } from './useTranscript'

interface Props {
  ready: boolean
  /** The line is away: what is written waits for it. */
  waits: boolean
  /** The keys are for talking: nobody is led to write. */
  holds: boolean
  /** What could not be sent in the call before. */
  draft: string
  /** There is no other way to speak to the assistant: the field asks for the words. */
  only: boolean
  /** Hears of what stands in the field. */
  onText: (text: string) => void
  onSend: (text: string) => Promise<void>
}

/** Typing into the same conversation. */
export function Composer({ ready, waits, holds, draft, only, onText, onSend }: Props) {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(draft)
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)

  useEffect(() => onText(text), [text, onText])
  // What the call before leaves may be known only once this one has begun.
  useEffect(() => setText((written) => written || draft), [draft])

  useEffect(() => {
    if (only) field.current?.focus()
  }, [only])
  useEffect(() => {
    const here = field.current
    const before = document.activeElement
    if (!waits || holds || !here || before === here) return
    here.focus()
    return () => {
      // Whoever has written nothing meanwhile goes on where they were.
      if (document.activeElement !== here || here.value) return
      if (before instanceof HTMLElement && before !== document.body) before.focus()
      else here.blur()
    }
  }, [waits, holds])

  async function submit(event: FormEvent) {
    event.preventDefault()
    const whole = text.trim()
    const message = fitting(whole)
    if (!message || busy || !(ready || waits)) return
    setBusy(true)
    setError(undefined)
    try {
      await onSend(message)
      // What was typed meanwhile stays, and so does what did not fit.
      setText((now) => (now.trim() === whole ? whole.slice(message.length).trimStart() : now))
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

/** As much of it as one message may hold, to the end of a word. What the call before left may be longer. */
function fitting(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text
  const end = text.lastIndexOf(' ', MOST_CHARACTERS)
  return text.slice(0, end > 0 ? end : MOST_CHARACTERS)
}

function hint(ready: boolean, only: boolean, waits: boolean): string {
  const { composer } = words
  if (waits) return composer.lost
  if (!ready) return composer.early
  return only ? composer.only : composer.also
}
