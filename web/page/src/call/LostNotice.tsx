import { useEffect, useState } from 'react'

/** The connection dropped: what happens now, and for how long. */
export function LostNotice({ until }: { until: number }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const left = Math.max(0, Math.ceil((until - now) / 1_000))
  return (
    <p className="quiet">
      Your connection dropped. Stay here: this page keeps trying, and the call waits for you for{' '}
      <span aria-hidden="true" className="clock">
        another {Math.floor(left / 60)}:{String(left % 60).padStart(2, '0')}
      </span>
      <span className="unseen">two minutes</span>. What was confirmed is saved.
    </p>
  )
}
