import { useId } from 'react'

import type { Agent } from './useAgent'

/** Which tier serves the call, and why. */
export function ServedBy({ agent }: { agent: Agent }) {
  const id = useId()
  if (!agent.tier) return <div className="served" />
  return (
    <div className="served">
      <details>
        <summary aria-describedby={id}>
          <span className="badge">{agent.tier === 'premium' ? 'Premium voice' : 'Standard voice'}</span>
          <span className="why">Why?</span>
        </summary>
        <p id={id} className="reason">
          {agent.reason}
        </p>
      </details>
      {agent.sandbox && (
        <span className="badge sandbox" title="Stand-ins on this machine answer instead of the vendors">
          sandbox
        </span>
      )}
    </div>
  )
}
