import { words } from '../words'
import { type BudgetState, type HealthState, type LiveList, storyOf } from './adminApi'
import { dollars, length } from './format'
import { Labels } from './Labels'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'

const LOOK_MS = 2_000
const SELDOM_MS = 10_000

/** The calls that go on: what serves each, why, and what it costs so far. */
export function Live({ onSignedOut }: { onSignedOut: () => void }) {
  const live = useAsked<LiveList>('/api/admin/calls/live', onSignedOut, LOOK_MS)
  const budget = useAsked<BudgetState>('/api/admin/budget', onSignedOut, SELDOM_MS)
  const health = useAsked<HealthState>('/api/admin/health', onSignedOut, SELDOM_MS)
  const day = budget.data?.scopes[0]
  const spent = day ? (day.committed ?? day.journal) : null
  const down = health.data?.services.filter((each) => each.state !== 'closed') ?? []
  return (
    <>
      <ul className="tiles">
        <li className="card">
          <strong>{live.data && !(live.data.why_behind && !live.data.calls.length) ? live.data.calls.length : '–'}</strong>{' '}
          {words.live.count(live.data?.calls.length ?? 0)}
        </li>
        <li className="card">
          <strong>{spent === null ? '–' : dollars(spent)}</strong>
          {day ? words.live.spentOf(dollars(day.total_cap)) : words.live.spent}
          <Labels sandbox={budget.data?.sandbox ?? false} />
        </li>
        <li className="card">
          <strong>{health.data ? down.length : '–'}</strong>
          {down.length ? words.live.downNamed(down.map((each) => each.service).join(', ')) : words.live.down}
        </li>
      </ul>
      <section className="card" aria-labelledby="live-title">
        <h2 id="live-title">
          {words.console.places.live} <Labels sandbox={live.data?.sandbox ?? false} />
        </h2>
        {live.data?.why_behind && (
          <div className="notice bad" role="alert">
            <p>{words.live.behind(live.data.why_behind)}</p>
          </div>
        )}
        <Shown asked={live} empty={{ when: (data) => !data.calls.length, said: live.data?.why_behind ? words.live.unknown : words.live.nobody }}>
          {(data) => (
            <Table
              label={words.console.places.live}
              columns={words.live.columns}
              amounts={[7, 8]}
              rows={data.calls.map((call) => ({
                key: call.call_id,
                cells: [
                  <a href={storyOf(call.call_id)} target="_blank" rel="noreferrer">
                    {call.call_id}
                  </a>,
                  data.now_ms && call.began_ms ? length(data.now_ms - call.began_ms) : '–',
                  call.channel || '–',
                  call.plan || '–',
                  <span className="stack" data-stack={call.stack ?? ''}>
                    {call.stack ?? words.live.nothingYet}
                  </span>,
                  call.reason || '–',
                  call.arm || '–',
                  dollars(call.cost_microdollars),
                  dollars(call.held_microdollars),
                ],
              }))}
            />
          )}
        </Shown>
      </section>
    </>
  )
}
