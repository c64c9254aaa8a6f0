import { type ReactNode, useEffect, useRef } from 'react'

import { Brand } from '../Brand'
import { useTitle } from '../useTitle'
import { words } from '../words'

interface Props {
  title: string
  /** What stands beside the title. */
  beside?: ReactNode
  /** What went wrong while it was loaded; null when nothing did. */
  problem: string | null
  onRetry: () => void
  onClose: () => void
  children: ReactNode
}

/** A page about oneself, with the way back and, where it could not be loaded, another try. */
export function OwnPage({ title, beside, problem, onRetry, onClose, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useTitle(title)
  // Whoever came here by keys, or hears the page, is told where they are.
  useEffect(() => heading.current?.focus(), [])
  return (
    <div className="account-page">
      <header className="top">
        <Brand />
        <button className="plain" onClick={onClose}>
          {words.common.back}
        </button>
      </header>
      <main>
        <div className="title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {beside}
        </div>
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
