import { useState } from 'react'

import { words } from '../words'
import { AddPerson } from './AddPerson'
import type { Person, Persons } from './adminApi'
import { ErasePerson } from './ErasePerson'
import { ExportPerson } from './ExportPerson'
import { nameOf } from './format'
import { PlanOfPerson } from './PlanOfPerson'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'

interface Props {
  csrf: string
  /** Whoever is signed in: nobody erases themselves by a click among others. */
  me: string
  onSignedOut: () => void
}

type Act = 'plan' | 'export' | 'erase'

/** Who there is: found by address, added, given a plan, their data given out, and erased. Each asks, naming whom. */
export function PeoplePage({ csrf, me, onSignedOut }: Props) {
  const [beginning, setBeginning] = useState('')
  const people = useAsked<Persons>(`/api/admin/users?beginning=${encodeURIComponent(beginning)}`, onSignedOut)
  const [asked, setAsked] = useState<{ act: Act; person: Person; time: number } | null>(null)
  const [done, setDone] = useState('')

  function ask(act: Act, person: Person) {
    setDone('')
    // A browser tells of a dialog's end in its next frame: one that is asked for before that is another one.
    setAsked((before) => ({ act, person, time: (before?.time ?? 0) + 1 }))
  }
  /** With what was done, or nothing where all was left as it is. */
  function onClose(said: string) {
    setAsked(null)
    setDone(said)
    if (said) people.refresh()
  }
  const dialog = asked && { csrf, person: asked.person, onClose }
  return (
    <>
      {done && (
        <div className="notice" role="status">
          <p>{done}</p>
        </div>
      )}
      <section className="card" aria-labelledby="people-title">
        <h2 id="people-title">{words.people.title}</h2>
        <form
          className="search"
          role="search"
          onSubmit={(event) => {
            event.preventDefault()
            setBeginning(String(new FormData(event.currentTarget).get('beginning') ?? '').trim())
          }}
        >
          <label>
            {words.people.beginning}
            <input name="beginning" type="search" maxLength={254} autoComplete="off" />
          </label>
          <button type="submit" className="primary">
            {words.people.find}
          </button>
        </form>
        <Shown asked={people} empty={{ when: (data) => !data.users.length, said: words.people.none }}>
          {(data) => (
            <div className="people">
              <Table
                label={words.console.places.people}
                columns={words.people.columns}
                rows={data.users.map((person) => ({
                  key: person.id,
                  cells: [
                    person.email,
                    person.plan,
                    words.people.roles[person.role] ?? person.role,
                    nameOf(person.time_zone),
                    <div className="row acts">
                      <button aria-label={words.people.planOf(person.email)} onClick={() => ask('plan', person)}>
                        {words.people.plan}
                      </button>
                      <button aria-label={words.people.exportOf(person.email)} onClick={() => ask('export', person)}>
                        {words.people.export}
                      </button>
                      {person.email !== me && (
                        <button aria-label={words.people.eraseOf(person.email)} onClick={() => ask('erase', person)}>
                          {words.people.erase}
                        </button>
                      )}
                    </div>,
                  ],
                }))}
              />
              {data.more && <p className="quiet">{words.console.more}</p>}
            </div>
          )}
        </Shown>
      </section>
      <AddPerson
        csrf={csrf}
        onAdded={(said) => {
          setDone(said)
          people.refresh()
        }}
      />
      {dialog && asked.act === 'plan' && <PlanOfPerson key={asked.time} {...dialog} />}
      {dialog && asked.act === 'export' && <ExportPerson key={asked.time} {...dialog} />}
      {dialog && asked.act === 'erase' && <ErasePerson key={asked.time} {...dialog} />}
    </>
  )
}
