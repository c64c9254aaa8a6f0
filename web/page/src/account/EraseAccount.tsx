import { type FormEvent, useEffect, useId, useRef, useState } from 'react'

import { ApiError, eraseAccount } from '../api'

interface Props {
  csrf: string
  email: string
  onErased: (why: string) => void
}

/** Erasing everything. Whoever means it types their own address. */
export function EraseAccount({ csrf, email, onErased }: Props) {
  const [asked, setAsked] = useState(false)
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const field = useId()
  const input = useRef<HTMLInputElement>(null)

  useEffect(() => {
    if (asked) input.current?.focus()
  }, [asked])

  async function onSubmit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setProblem('')
    try {
      const { complete } = await eraseAccount(csrf, typed)
      onErased(
        complete
          ? 'Your account and everything in it are erased.'
          : 'Your account is erased. A part of what was kept could not be reached and follows by itself.',
      )
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'That did not work. Try again.')
      setBusy(false)
    }
  }

  return (
    <section className="card" aria-labelledby="erase">
      <h2 id="erase">Erase my account</h2>
      <p>
        Deletes your account, tasks, transcripts and phone number, and ends your calls. What calls cost stays in the
        books without your name. It cannot be undone.
      </p>
      {asked ? (
        <form className="setting" onSubmit={(event) => void onSubmit(event)}>
          <label htmlFor={field}>To erase everything, type {email}</label>
          <input
            id={field}
            ref={input}
            type="email"
            autoComplete="off"
            maxLength={254}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <p className="field-error" role="alert">
            {problem}
          </p>
          <div className="row">
            <button type="button" disabled={busy} onClick={() => setAsked(false)}>
              Keep my account
            </button>
            <button className="danger" type="submit" disabled={busy || !typed.trim()}>
              {busy ? 'Erasing…' : 'Erase everything'}
            </button>
          </div>
        </form>
      ) : (
        <p>
          <button onClick={() => setAsked(true)}>Erase my account…</button>
        </p>
      )}
    </section>
  )
}
