import { words } from '../words'
import type { HealthState, ModelShutdown } from './adminApi'
import { length, moment, nameOf } from './format'
import { Labels } from './Labels'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'

const LOOK_MS = 5_000

/** What is served in a model's place. */
function served({ successor, since, succeeded }: ModelShutdown): string {
  if (successor === null || since === null) return words.vendors.noSuccessor
  return succeeded ? words.vendors.succeeded(successor) : words.vendors.succeeds(successor, since)
}

/** Which vendors' services are well, and when they were not; which models are about to end. */
export function Vendors({ onSignedOut }: { onSignedOut: () => void }) {
  const health = useAsked<HealthState>('/api/admin/health', onSignedOut, LOOK_MS)
  return (
    <>
      <section className="card" aria-labelledby="vendors-title">
        <h2 id="vendors-title">
          {words.vendors.services} <Labels sandbox={health.data?.sandbox ?? false} />
        </h2>
        <Shown asked={health}>
          {(data) => (
            <Table
              label={words.vendors.services}
              columns={words.vendors.columns}
              amounts={[2]}
              rows={data.services.map((each) => ({
                key: each.service,
                cells: [
                  each.service,
                  <span className="state-of" data-state={each.state}>
                    {words.vendors.states[each.state]}
                  </span>,
                  each.failures,
                  nameOf(each.fault) || '–',
                  each.since_ms === null ? '–' : words.console.ago(length(data.now_ms - each.since_ms)),
                  each.retry_ms === null ? '–' : length(each.retry_ms - data.now_ms),
                ],
              }))}
            />
          )}
        </Shown>
      </section>
      {health.data?.shutdowns.length ? (
        <section className="card" aria-labelledby="shutdowns-title">
          <h2 id="shutdowns-title">{words.vendors.shutdowns}</h2>
          <Table
            label={words.vendors.shutdowns}
            columns={words.vendors.shutdownColumns}
            rows={health.data.shutdowns.map((each) => ({
              key: each.model,
              cells: [each.model, each.vendor, words.vendors.ends(each.day, each.days_left), served(each)],
            }))}
          />
        </section>
      ) : null}
      <section className="card" aria-labelledby="turns-title">
        <h2 id="turns-title">{words.vendors.changes}</h2>
        <Shown asked={health} empty={{ when: (data) => !data.turns.length, said: words.vendors.none }}>
          {(data) => (
            <Table
              label={words.vendors.turnsName}
              columns={words.vendors.turnColumns}
              rows={data.turns.map((turn, at) => ({
                key: `${turn.at_ms} ${turn.service} ${at}`,
                cells: [
                  <time>{moment(turn.at_ms)}</time>,
                  turn.service,
                  words.vendors.turns[turn.turned],
                  nameOf(turn.fault) || '–',
                  turn.cool_ms ? length(turn.cool_ms) : '–',
                ],
              }))}
            />
          )}
        </Shown>
      </section>
    </>
  )
}
