import { useRef, useState } from 'react'

import { ApiError } from '../api'
import { words } from '../words'
import { type Person, send } from './adminApi'
import { AskedDialog } from './AskedDialog'
import { Problem } from './Problem'

interface Props {
  csrf: string
  onAdded: (said: string) => void
}

const NOBODY = { email: '', password: '', plan: 'economy', role: 'user', time_zone: 'Etc/UTC' }
const CHOICES = { plan: ['economy', 'premium'], role: ['user', 'admin', 'probe'] }

/** Somebody new, with the password that they sign in with at first. */
export function AddPerson({ csrf, onAdded }: Props) {
  const [given, setGiven] = useState(NOBODY)
  const [asked, setAsked] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  /** Whose addition was asked for without an answer: they may be there. */
  const unheard = useRef('')
  const { people } = words

  const field = (name: keyof typeof NOBODY, label: string, type: string, complete: string) => (
    <label>
      {label}
      <input
        type={type}
        autoComplete={complete}
        maxLength={254}
        value={given[name]}
        onChange={(event) => setGiven({ ...given, [name]: event.target.value })}
      />
    </label>
  )
  const choice = (name: keyof typeof CHOICES, label: string) => (
    <label>
      {label}
      <select value={given[name]} onChange={(event) => setGiven({ ...given, [name]: event.target.value })}>
        {CHOICES[name].map((each) => (
          <option key={each} value={each}>
            {people.roles[each] ?? each}
          </option>
        ))}
      </select>
    </label>
  )
  async function act() {
    try {
      const made = await send<Person>('POST', '/api/admin/users', csrf, given)
      setGiven(NOBODY)
      return people.addDone(made.email)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 'offline') unheard.current = given.email
      else if (error.status === 409 && unheard.current === given.email) {
        throw new ApiError(409, error.code, people.addMaybe(given.email.trim(), error.message))
      }
      throw error
    }
  }
  return (
    <section className="card" aria-labelledby="add-title">
      <h2 id="add-title">{people.add}</h2>
      <form
        className="search"
        onSubmit={(event) => {
          event.preventDefault()
          const wrong = wrongWith(given)
          setProblem(wrong)
          setAsked(wrong === null)
        }}
      >
        {field('email', people.email, 'email', 'off')}
        {field('password', people.password, 'password', 'new-password')}
        {choice('plan', people.planLabel)}
        {choice('role', people.role)}
        {field('time_zone', people.zone, 'text', 'off')}
        <button type="submit">{people.addDo}</button>
      </form>
      <Problem text={problem} />
      {asked && (
        <AskedDialog
          title={people.addAsk(given.email.trim())}
          doIt={people.add}
          act={act}
          onClose={(said) => {
            setAsked(false)
            if (said) onAdded(said)
          }}
        >
          <p>{people.addText(given.plan, people.roles[given.role] ?? given.role)}</p>
          {given.role === 'admin' && <p className="effect">{people.addAdmin}</p>}
        </AskedDialog>
      )}
    </section>
  )
}

function wrongWith({ email, password, time_zone }: typeof NOBODY): string | null {
  if (!email.trim() || !password) return words.people.addWrong
  try {
    new Intl.DateTimeFormat(words.locale, { timeZone: time_zone })
    return null
  } catch {
    return words.people.zoneWrong(time_zone)
  }
}
