import type { AuditEntry } from './adminApi'
import { moment } from './format'
import { Shown } from './Shown'
import { Table } from './Table'
import { useAsked } from './useAsked'

/** What was done to accounts, by whom and when. What was done to the policy stands with the policy. */
export function Trail({ onSignedOut }: { onSignedOut: () => void }) {
  const trail = useAsked<{ entries: AuditEntry[] }>('/api/admin/audit?limit=200', onSignedOut)
  return (
    <section className="card" aria-labelledby="trail-title">
      <h2 id="trail-title">What was done to accounts</h2>
      <p className="quiet">
        Who changed the policy stands under <a href="#admin/policy">Policy</a>.
      </p>
      <Shown asked={trail} empty={{ when: (data) => !data.entries.length, words: 'Nothing was done yet.' }}>
        {(data) => (
          <Table
            label="Audit trail"
            columns={['When', 'What', 'Details', 'Whose', 'By']}
            rows={data.entries.map((entry) => ({
              key: String(entry.id),
              cells: [
                <time>{moment(entry.at)}</time>,
                entry.event.replaceAll('.', ' ').replaceAll('_', ' '),
                entry.details || '–',
                entry.user_id ?? 'somebody erased',
                entry.actor,
              ],
            }))}
          />
        )}
      </Shown>
    </section>
  )
}
