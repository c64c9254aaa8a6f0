import { useEffect, useState } from 'react'

import { words } from '../words'

/** The connection dropped: what happens now, for how long, and that one can write meanwhile. */
export function LostNotice({ until }: { until: number }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const left = Math.max(0, Math.ceil((until - now) / 1_000))
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
  const { lost } = words
  return (
    <p className="quiet">
      {lost.trying}{' '}
      <span aria-hidden="true" className="clock">
        {lost.left(clock)}
      </span>
      <span className="unseen">{lost.leftSpoken}</span>. {lost.saved} <strong>{lost.write}</strong>
    </p>
  )
}
