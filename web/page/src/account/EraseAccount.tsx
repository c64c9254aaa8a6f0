import { type FormEvent, useEffect, useId, useRef, useState } from 'react'

import { ApiError, eraseAccount, whoAmI } from '../api'
import { words } from '../words'

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
  const ask = useRef<HTMLButtonElement>(null)
  const was = useRef(false)

  useEffect(() => {
    if (asked) input.current?.focus()
    else if (was.current) ask.current?.focus()
    was.current = asked
  }, [asked])

  async function onSubmit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setProblem('')
    try {
      const { complete } = await eraseAccount(csrf, typed)
      onErased(complete ? words.account.erased : words.account.erasedMostly)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'offline' && (await isGone())) {
        onErased(words.account.eraseBegun)
        return
      }
      setProblem(error instanceof ApiError ? error.message : words.common.failed)
      setBusy(false)
    }
  }

  return (
    <section className="card" aria-labelledby="erase">
      <h2 id="erase">{words.account.erase}</h2>
      <p>{words.account.eraseText}</p>
      {asked ? (
        <form className="setting" onSubmit={(event) => void onSubmit(event)}>
          <label htmlFor={field}>{words.account.eraseType(email)}</label>
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
              {words.account.eraseKeep}
            </button>
            <button className="danger" type="submit" disabled={busy || !typed.trim()}>
              {busy ? words.account.erasing : words.account.eraseDo}
            </button>
          </div>
        </form>
      ) : (
        <p>
          <button ref={ask} onClick={() => setAsked(true)}>{words.account.eraseAsk}</button>
        </p>
      )}
    </section>
  )
}

/** The answer was lost: whether there is an account any more. */
const isGone = () =>
  whoAmI().then(
    (account) => account === null,
    () => false,
  )
