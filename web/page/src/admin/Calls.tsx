import { useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { type FoundCalls, storyOf } from './adminApi'
import { dollars, length, moment } from './format'
import { Labels } from './Labels'
import { searched } from './searched'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'

const FIELDS = ['id', 'whose', 'stack', 'channel', 'days'] as const

/** Calls of the past: found by id, person, stack and door; each leads to its story. */
export function Calls({ onSignedOut }: { onSignedOut: () => void }) {
  const [query, setQuery] = useState('days=7')
  const calls = useAsked<FoundCalls>(`/api/admin/calls?${query}`, onSignedOut)
  const first = useRef<HTMLInputElement>(null)

  useEffect(() => {
    // As on many sites: a slash leads to the search.
    function jump(event: KeyboardEvent) {
      const typing = event.target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      first.current?.focus()
    }
    addEventListener('keydown', jump)
    return () => removeEventListener('keydown', jump)
  }, [])

  return (
    <section className="card" aria-labelledby="calls-title">
      <h2 id="calls-title">
        {words.console.places.calls} <Labels sandbox={calls.data?.sandbox ?? false} demo={calls.data?.calls.some((call) => call.demo) ?? false} />
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
          {words.callSearch.id}
          <input ref={first} name="id" maxLength={64} aria-keyshortcuts="/" />
        </label>
        <label>
          {words.callSearch.whose}
          <input name="whose" type="search" maxLength={254} autoComplete="off" />
        </label>
        <label>
          {words.callSearch.stack}
          <select name="stack">
            <option value="">{words.console.any}</option>
            {['premium', 'gemini', 'quality', 'economy', 'budget', 'local', 'text'].map((stack) => (
              <option key={stack}>{stack}</option>
            ))}
          </select>
        </label>
        <label>
          {words.callSearch.door}
          <select name="channel">
            <option value="">{words.console.any}</option>
            <option>browser</option>
            <option>phone</option>
          </select>
        </label>
        <label>
          {words.callSearch.days}
          <select name="days" defaultValue="7">
            {[1, 7, 30, 365].map((days) => (
              <option key={days}>{days}</option>
            ))}
          </select>
        </label>
        <button type="submit" className="primary">
          {words.callSearch.find}
        </button>
      </form>
      <Shown asked={calls} empty={{ when: (data) => !data.calls.length, said: words.callSearch.none }}>
        {(data) => (
          <>
            <Table
              label={words.console.places.calls}
              columns={words.callSearch.columns}
              amounts={[7]}
              rows={data.calls.map((call) => ({
                key: call.call_id,
                cells: [
                  <>
                    <a href={storyOf(call.call_id)} target="_blank" rel="noreferrer">
                      {call.call_id}
                    </a>{' '}
                    <Labels demo={call.demo} />
                  </>,
                  <time>{moment(call.first_ms)}</time>,
                  length(call.last_ms - call.first_ms),
                  call.channel || '–',
                  call.plan || '–',
                  call.stacks.join(words.callSearch.then) || '–',
                  call.arm || '–',
                  dollars(call.cost_microdollars),
                ],
              }))}
            />
            {data.more && <p className="quiet">{words.console.more}</p>}
          </>
        )}
      </Shown>
    </section>
  )
}
