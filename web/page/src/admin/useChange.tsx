import { type ReactNode, useState } from 'react'

import { words } from '../words'
import type { Written } from './adminApi'
import { ConfirmChange } from './ConfirmChange'
import type { Proposal } from './proposals'

export interface Changing {
  propose: (proposal: Proposal) => void
  /** What was done last, and what is asked now. */
  shown: ReactNode
}

/** Changes of the policy: each is confirmed with its effect, and told when it is done. `look` reads all anew. */
export function useChange(csrf: string, look: () => void): Changing {
  const [proposal, setProposal] = useState<Proposal | null>(null)
  const [done, setDone] = useState<Written | null>(null)
  return {
    propose: (wanted) => {
      setDone(null)
      setProposal(wanted)
    },
    shown: (
      <>
        {done && (
          <div className="notice" role="status">
            <p>
              {words.change.done(done.version)} {!done.told_redis && words.change.untold}
            </p>
          </div>
        )}
        {proposal && (
          <ConfirmChange
            csrf={csrf}
            proposal={proposal}
            onDone={(written) => {
              setProposal(null)
              setDone(written)
              look()
            }}
            onClose={(stale) => {
              setProposal(null)
              if (stale) look()
            }}
          />
        )}
      </>
    ),
  }
}
