import type { HealthState } from './adminApi'
import { length, moment, words } from './format'
import { Labels } from './Labels'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'

const LOOK_MS = 5_000
const STATES = { closed: 'well', open: 'down: nobody dials it', half_open: 'being probed' }
const TURNS = { opened: 'was given up', still_open: 'was probed, and still fails', closed: 'is well again' }

/** Which vendors' services are well, and when they were not. */
export function Vendors({ onSignedOut }: { onSignedOut: () => void }) {
  const health = useAsked<HealthState>('/api/admin/health', onSignedOut, LOOK_MS)
  return (
    <>
      <section className="card" aria-labelledby="vendors-title">
        <h2 id="vendors-title">
          Services <Labels sandbox={health.data?.sandbox ?? false} />
        </h2>
        <Shown asked={health}>
          {(data) => (
            <Table
              label="Services"
              columns={['Service', 'State', 'Late failures', 'For', 'Since', 'Probed in']}
              amounts={[2]}
              rows={data.services.map((each) => ({
                key: each.service,
                cells: [
                  each.service,
                  <span className="state-of" data-state={each.state}>
                    {STATES[each.state]}
                  </span>,
                  each.failures,
                  words(each.fault) || '–',
                  each.since_ms === null ? '–' : `${length(data.now_ms - each.since_ms)} ago`,
                  each.retry_ms === null ? '–' : length(each.retry_ms - data.now_ms),
                ],
              }))}
            />
          )}
        </Shown>
      </section>
      <section className="card" aria-labelledby="turns-title">
        <h2 id="turns-title">What changed</h2>
        <Shown asked={health} empty={{ when: (data) => !data.turns.length, words: 'No service has failed lately.' }}>
          {(data) => (
            <Table
              label="Changes of breakers"
              columns={['When', 'Service', 'What', 'For', 'Left alone for']}
              rows={data.turns.map((turn, at) => ({
                key: `${turn.at_ms} ${turn.service} ${at}`,
                cells: [
                  <time>{moment(turn.at_ms)}</time>,
                  turn.service,
                  TURNS[turn.turned],
                  words(turn.fault) || '–',
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
