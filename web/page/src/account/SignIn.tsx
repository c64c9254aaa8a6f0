import { type FormEvent, useEffect, useId, useRef, useState } from 'react'

import { type Account, ApiError, signIn } from '../api'
import { Brand } from '../Brand'
import { demo } from './demo'
import { provider } from './provider'
import { words } from '../words'

interface Props {
  why?: string | undefined
  onSignedIn: (account: Account) => void
}

export function SignIn({ why, onSignedIn }: Props) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const emailField = useRef<HTMLInputElement>(null)
  const errorId = useId()
  const known = demo()
  const elsewhere = provider()

  useEffect(() => emailField.current?.focus(), [])

  async function submit(address: string, secret: string) {
    if (!address.trim() || !secret) {
      setError(words.signIn.empty)
      emailField.current?.focus()
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      onSignedIn(await signIn(address.trim(), secret))
    } catch (problem) {
      setError(problem instanceof ApiError ? problem.message : String(problem))
      setBusy(false)
      setPassword('')
      emailField.current?.focus()
    }
  }

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    void submit(email, password)
  }

  return (
    <main className="entry">
      <Brand />
      <h1>{words.signIn.title}</h1>
      <p className="lead">{words.signIn.lead}</p>
      {why && (
        <p className="notice" role="status">
          {why}
        </p>
      )}
      <form className="card" onSubmit={onSubmit} noValidate>
        <label htmlFor="email">{words.signIn.email}</label>
        <input
          id="email"
          ref={emailField}
          type="email"
          autoComplete="username"
          maxLength={254}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          aria-invalid={error !== undefined}
          aria-describedby={error ? errorId : undefined}
        />
        <label htmlFor="password">{words.signIn.password}</label>
        <input
          id="password"
          type="password"
          autoComplete="current-password"
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          aria-invalid={error !== undefined}
          aria-describedby={error ? errorId : undefined}
        />
        <p id={errorId} className="field-error" role="alert">
          {error}
        </p>
        <button className="primary wide" type="submit" disabled={busy}>
          {busy ? words.signIn.submitting : words.signIn.submit}
        </button>
      </form>
      {elsewhere && (
        <p className="or">
          <a className="button" href="/api/oidc/login">
            {words.signIn.elsewhere(elsewhere)}
          </a>
        </p>
      )}
      {known && (
        <section className="demo" aria-label={words.signIn.demoAccounts}>
          <p>{words.signIn.demo}</p>
          {known.emails.map((address) => (
            <button key={address} type="button" disabled={busy} onClick={() => void submit(address, known.password)}>
              {address}
            </button>
          ))}
        </section>
      )}
    </main>
  )
}
