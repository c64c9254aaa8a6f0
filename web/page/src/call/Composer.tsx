import { type FormEvent, useEffect, useRef, useState } from 'react'

import { MOST_CHARACTERS } from './useTranscript'

interface Props {
  ready: boolean
  /** There is no other way to speak to the assistant: the field asks for the words. */
  only: boolean
  onSend: (text: string) => Promise<void>
}

/** Typing into the same conversation. */
export function Composer({ ready, only, onSend }: Props) {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    if (only) field.current?.focus()
  }, [only])

  async function submit(event: FormEvent) {
    event.preventDefault()
    const message = text.trim()
    if (!message || busy || !ready) return
    setBusy(true)
    setError(undefined)
    try {
      await onSend(message)
      setText('')
    } catch {
      setError('That was not sent. Try again.')
    } finally {
      setBusy(false)
    }
  }

  return (
    <form className="composer" onSubmit={(event) => void submit(event)}>
      <label htmlFor="message" className="unseen">
        Type a message
      </label>
      <input
        id="message"
        ref={field}
        value={text}
        maxLength={MOST_CHARACTERS}
        autoComplete="off"
        enterKeyHint="send"
        placeholder={ready ? (only ? 'Type here' : 'Or type here') : 'Type here; it can be sent once the assistant is there'}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" disabled={!ready || busy || !text.trim()}>
        Send
      </button>
      <p className="field-error" role="alert">
        {error}
      </p>
    </form>
  )
}
