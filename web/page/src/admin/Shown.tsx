import type { ReactNode } from 'react'

import { words } from '../words'
import type { Asked } from './useAsked'

interface Props<T> {
  asked: Asked<T>
  /** What stands there when there is nothing. */
  empty?: { when: (data: T) => boolean; said: string }
  children: (data: T) => ReactNode
}

/** What was asked for, or why it is not there. */
export function Shown<T>({ asked, empty, children }: Props<T>) {
  const { data, problem, refresh } = asked
  return (
    <>
      {problem && (
        <div className="notice bad" role="alert">
          <p>{data === null ? problem : words.console.before(problem)}</p>
          <button onClick={refresh}>{words.common.again}</button>
        </div>
      )}
      {data === null && !problem && (
        <p className="quiet" role="status">
          {words.common.moment}
        </p>
      )}
      {data !== null && (empty?.when(data) ? <p className="quiet none">{empty.said}</p> : children(data))}
    </>
  )
}
