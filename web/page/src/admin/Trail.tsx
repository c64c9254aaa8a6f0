import { useState } from 'react'

import { words } from '../words'
import type { AuditEntry } from './adminApi'
import { moment, named } from './format'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'
import { ADMIN } from './useHash'

/** What was done to accounts and to the books, by whom and when. What was done to the policy stands with the policy. */
export function Trail({ onSignedOut }: { onSignedOut: () => void }) {
  const [whose, setWhose] = useState('')
  const path = `/api/admin/audit?limit=200&whose=${encodeURIComponent(whose)}`
  const trail = useAsked<{ entries: AuditEntry[]; more: boolean }>(path, onSignedOut)
  return (
    <section className="card" aria-labelledby="trail-title">
      <h2 id="trail-title">{words.trail.title}</h2>
      <p className="quiet">
        {words.trail.policy}
        <a href={`${ADMIN}/policy`}>{words.console.places.policy}</a>
      </p>
      <form
        className="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          setWhose(String(new FormData(event.currentTarget).get('whose') ?? '').trim())
        }}
      >
        <label>
          {words.trail.whose}
          <input name="whose" type="search" maxLength={254} autoComplete="off" />
        </label>
        <button type="submit">{words.trail.show}</button>
      </form>
      <Shown asked={trail} empty={{ when: (data) => !data.entries.length, said: words.trail.none }}>
        {(data) => (
          <>
            <Table
              label={words.trail.name}
              columns={words.trail.columns}
              rows={data.entries.map((entry) => ({
                key: String(entry.id),
                cells: [
                  <time>{moment(entry.at)}</time>,
                  entry.event.replaceAll('.', ' ').replaceAll('_', ' '),
                  entry.details || '–',
                  entry.user_id ? named(entry.user_id, entry.whose) : words.trail.erased,
                  named(entry.actor, entry.by),
                ],
              }))}
            />
            {data.more && <p className="quiet">{words.trail.more(data.entries.length)}</p>}
          </>
        )}
      </Shown>
    </section>
  )
}
