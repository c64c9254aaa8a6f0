import { useId } from 'react'

import { BudgetLine } from '../budget/BudgetLine'
import { useBudget } from '../budget/useBudget'
import { words } from '../words'
import { exactly } from '../words/money'
import { nameOf } from './tiers'
import type { Agent } from './useAgent'
import type { TierChanges } from './useTierChanges'

interface Props {
  agent: Agent
  changes: TierChanges
}

/** Which tier serves the call, why, and for how much; when it changes, a word of it that goes away by itself. */
export function ServedBy({ agent, changes }: Props) {
  const id = useId()
  const [budget, lookAtBudget] = useBudget()
  const { served, common } = words
  return (
    <>
      <div className="served">
        {agent.tier && (
          <details onToggle={({ currentTarget }) => currentTarget.open && lookAtBudget()}>
            <summary aria-describedby={id}>
              <span className="badge" data-stack={agent.stack}>
                {nameOf(agent)}
              </span>
              <span className="why">{served.why}</span>
            </summary>
            <p id={id} className="reason">
              {agent.reason}
            </p>
            {agent.cost !== null && <p className="cost quiet">{served.cost(exactly(agent.cost))}</p>}
            <BudgetLine budget={budget} />
            {changes.history.length > 1 && <History changes={changes} />}
          </details>
        )}
        <span className="row">
          {agent.cost !== null && (
            <span className="running" title={served.running}>
              {exactly(agent.cost)}
            </span>
          )}
          {agent.sandbox && (
            <span className="badge sandboxed" title={common.sandboxTitle}>
              {common.sandbox}
            </span>
          )}
        </span>
      </div>
      <div className="news" role="status" aria-live="polite">
        {changes.news && <p>{changes.news}</p>}
      </div>
    </>
  )
}

function History({ changes }: { changes: TierChanges }) {
  return (
    <ol className="history" aria-label={words.served.historyName}>
      {changes.history.map((one) => (
        <li key={one.since}>
          <time>{new Date(one.since).toLocaleTimeString(words.locale, { hour: '2-digit', minute: '2-digit' })}</time>{' '}
          {one.name} ({one.stack})
        </li>
      ))}
    </ol>
  )
}
