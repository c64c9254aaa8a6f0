import { useId } from 'react'

import { nameOf } from './tiers'
import type { Agent } from './useAgent'
import type { TierChanges } from './useTierChanges'

interface Props {
  agent: Agent
  changes: TierChanges
}

/** Which tier serves the call, and why; when that changes, a word of it that goes away by itself. */
export function ServedBy({ agent, changes }: Props) {
  const id = useId()
  return (
    <>
      <div className="served">
        {agent.tier && (
          <details>
            <summary aria-describedby={id}>
              <span className="badge" data-stack={agent.stack}>
                {nameOf(agent)}
              </span>
              <span className="why">Why?</span>
            </summary>
            <p id={id} className="reason">
              {agent.reason}
            </p>
            {agent.cost !== null && <p className="cost quiet">This call so far: {dollars(agent.cost)}</p>}
            {changes.history.length > 1 && <History changes={changes} />}
          </details>
        )}
        {agent.sandbox && (
          <span className="badge sandboxed" title="Stand-ins on this machine answer instead of the vendors">
            sandbox
          </span>
        )}
      </div>
      <div className="news" role="status" aria-live="polite">
        {changes.news && <p>{changes.news}</p>}
      </div>
    </>
  )
}

function History({ changes }: { changes: TierChanges }) {
  return (
    <ol className="history" aria-label="What has served this call">
      {changes.history.map((one) => (
        <li key={one.since}>
          <time>{new Date(one.since).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}</time> {one.name}{' '}
          ({one.stack})
        </li>
      ))}
    </ol>
  )
}

function dollars(microdollars: number): string {
  return `$${(microdollars / 1_000_000).toFixed(4)}`
}
