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
  const [proposal, setProposal] = useState<{ wanted: Proposal; time: number } | null>(null)
  const [done, setDone] = useState<Written | null>(null)
  return {
    propose: (wanted) => {
      setDone(null)
      // A browser tells of a dialog's end in its next frame: one that is asked for before that is another one.
      setProposal((before) => ({ wanted, time: (before?.time ?? 0) + 1 }))
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
            key={proposal.time}
            csrf={csrf}
            proposal={proposal.wanted}
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
