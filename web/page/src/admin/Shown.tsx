import type { ReactNode } from 'react'

import type { Asked } from './useAsked'

interface Props<T> {
  asked: Asked<T>
  /** What stands there when there is nothing. */
  empty?: { when: (data: T) => boolean; words: string }
  children: (data: T) => ReactNode
}

/** What was asked for, or why it is not there. */
export function Shown<T>({ asked, empty, children }: Props<T>) {
  const { data, problem, refresh } = asked
  return (
    <>
      {problem && (
        <div className="notice bad" role="alert">
          <p>
            {problem}
            {data !== null && ' What you see is from before.'}
          </p>
          <button onClick={refresh}>Try again</button>
        </div>
      )}
      {data === null && !problem && (
        <p className="quiet" role="status">
          One moment…
        </p>
      )}
      {data !== null && (empty?.when(data) ? <p className="quiet none">{empty.words}</p> : children(data))}
    </>
  )
}
