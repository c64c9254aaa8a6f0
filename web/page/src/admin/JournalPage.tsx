import { useState } from 'react'

import { words } from '../words'
import { type Entries, storyOf } from './adminApi'
import { dollars, moment } from './format'
import { Labels } from './Labels'
import { searched } from './searched'
import { Settling } from './Settling'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'

const FIELDS = ['call', 'kind', 'limit'] as const

/** The journal's entries as they stand, and the journal beside what vendors bill. */
export function JournalPage({ csrf, onSignedOut }: { csrf: string; onSignedOut: () => void }) {
  const [query, setQuery] = useState('limit=100')
  const entries = useAsked<Entries>(`/api/admin/journal?${query}`, onSignedOut)
  return (
    <>
      <Settling csrf={csrf} onSettled={entries.refresh} />
      <section className="card" aria-labelledby="journal-title">
        <h2 id="journal-title">
          {words.journal.title}{' '}
          <Labels sandbox={entries.data?.sandbox ?? false} demo={entries.data?.entries.some((each) => each.demo) ?? false} />
        </h2>
        <form
          className="search"
          role="search"
          onSubmit={(event) => {
            event.preventDefault()
            setQuery(searched(event.currentTarget, FIELDS))
          }}
        >
          <label>
            {words.journal.call}
            <input name="call" type="search" maxLength={64} pattern="[A-Za-z0-9_.:\-]*" autoComplete="off" />
          </label>
          <label>
            {words.journal.kind}
            <select name="kind">
              <option value="">{words.console.any}</option>
              {['charge', 'lease', 'decision', 'outcome', 'event'].map((kind) => (
                <option key={kind}>{kind}</option>
              ))}
            </select>
          </label>
          <label>
            {words.journal.most}
            <select name="limit" defaultValue="100">
              {[20, 100, 500].map((most) => (
                <option key={most}>{most}</option>
              ))}
            </select>
          </label>
          <button type="submit">{words.journal.show}</button>
        </form>
        <Shown asked={entries} empty={{ when: (data) => !data.entries.length, said: words.journal.none }}>
          {(data) => (
            <>
              <Table
                label={words.console.places.journal}
                columns={words.journal.columns}
                amounts={[4]}
                rows={data.entries.map((each) => ({
                  key: each.operation,
                  cells: [
                    <time>{moment(each.at_ms)}</time>,
                    <>
                      <a href={storyOf(each.call_id)} target="_blank" rel="noreferrer">
                        {each.call_id}
                      </a>{' '}
                      <Labels demo={each.demo} />
                    </>,
                    each.kind,
                    each.tier || '–',
                    each.microdollars ? dollars(each.microdollars) : '–',
                    each.what || '–',
                  ],
                }))}
              />
              {data.more && <p className="quiet">{words.journal.more}</p>}
            </>
          )}
        </Shown>
      </section>
    </>
  )
}
