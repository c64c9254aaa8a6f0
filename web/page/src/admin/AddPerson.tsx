import { useState } from 'react'

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
    const made = await send<Person>('POST', '/api/admin/users', csrf, given)
    setGiven(NOBODY)
    return people.addDone(made.email)
  }
  return (
    <section className="card" aria-labelledby="add-title">
      <h2 id="add-title">{people.add}</h2>
      <form
        className="search"
        onSubmit={(event) => {
          event.preventDefault()
          const whole = Boolean(given.email.trim() && given.password)
          setProblem(whole ? null : people.addWrong)
          setAsked(whole)
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
