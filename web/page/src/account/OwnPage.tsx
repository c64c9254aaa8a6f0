import type { ReactNode } from 'react'

import { Brand } from '../Brand'
import { words } from '../words'

interface Props {
  heading: ReactNode
  /** What went wrong while it was loaded; null when nothing did. */
  problem: string | null
  onRetry: () => void
  onClose: () => void
  children: ReactNode
}

/** A page about oneself, with the way back and, where it could not be loaded, another try. */
export function OwnPage({ heading, problem, onRetry, onClose, children }: Props) {
  return (
    <div className="account-page">
      <header className="top">
        <Brand />
        <button className="plain" onClick={onClose}>
          {words.common.back}
        </button>
      </header>
      <main>
        {heading}
        {problem && (
          <div className="notice bad" role="alert">
            <p>{problem}</p>
            <button onClick={onRetry}>{words.common.again}</button>
          </div>
        )}
        {children}
      </main>
    </div>
  )
}
