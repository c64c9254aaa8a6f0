import { type FormEvent, useEffect, useId, useRef, useState } from 'react'

import { accountOf, type AccountState, ApiError, changePin, linkingCode } from '../api'
import { words } from '../words'
import { useSaving } from './useSaving'

interface Props {
  csrf: string
  account: AccountState
  onChanged: (account: AccountState) => void
}

/** How long a code links a telephone. */
const CODE_MS = 600_000
/** A telephone that was linked with it is seen that soon. */
const LOOK_MS = 5_000

/** What shows on a telephone who calls: a PIN, and a code that links the telephone it is keyed on. */
export function PhonePin({ csrf, account, onChanged }: Props) {
  const [pin, setPin] = useState('')
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState('')
  const { busy, said, save } = useSaving((changed) => {
    setPin('')
    onChanged(changed)
  })
  const field = useId()
  const changed = useRef(onChanged)
  changed.current = onChanged
  const linked = account.phone?.verified_at ?? null

  useEffect(() => {
    if (!code) return
    const end = setTimeout(() => setCode(''), CODE_MS)
    const look = setInterval(() => {
      if (document.hidden) return
      accountOf().then(
        (now) => {
          if ((now.phone?.verified_at ?? null) === linked) return
          setCode('') // it works once
          changed.current(now)
        },
        () => undefined, // the next look says it
      )
    }, LOOK_MS)
    return () => {
      clearTimeout(end)
      clearInterval(look)
    }
  }, [code, linked])

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    void save(() => changePin(csrf, pin))
  }

  async function onCode() {
    setProblem('')
    try {
      setCode((await linkingCode(csrf)).code)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : words.common.failed)
    }
  }

  return (
    <>
      <form className="setting" onSubmit={onSubmit} noValidate>
        <label htmlFor={field}>{words.pin.title}</label>
        <p className="quiet">
          {account.pin ? words.pin.have : words.pin.haveNone} {words.pin.what}
        </p>
        <div className="row">
          <input
            id={field}
            type="password"
            inputMode="numeric"
            autoComplete="off"
            maxLength={12}
            value={pin}
            onChange={(event) => setPin(event.target.value)}
          />
          <button type="submit" disabled={busy || pin.length < 6}>
            {words.common.save}
          </button>
          {account.pin && (
            <button type="button" disabled={busy} onClick={() => void save(() => changePin(csrf, null))}>
              {words.pin.take}
            </button>
          )}
        </div>
        <p className="said" role="status">
          {said}
        </p>
      </form>
      <div className="setting">
        <p className="quiet">{words.pin.link}</p>
        <button onClick={() => void onCode()}>{code ? words.pin.showAnother : words.pin.show}</button>
        <p className="said" role="status">
          {code && (
            <>
              {words.pin.keyIn} <strong>{code.replace(/(\d{4})(?=\d)/g, '$1 ')} #</strong>
            </>
          )}
          {problem}
        </p>
      </div>
    </>
  )
}
