import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

/**
 * What was written while the line was lost: it waits, in order, and is sent once somebody is there to read it.
 * `onLeft` hears what was never sent when the call is over, what stands in the field by then (`written`) as well.
 */
export function useUnsent(
  ready: boolean,
  written: RefObject<string>,
  send: (text: string) => Promise<void>,
  onLeft: (texts: string[]) => void,
) {
  const [waiting, setWaiting] = useState<string[]>([])
  const left = useRef<string[]>([])
  const sending = useRef(false)
  const tell = useRef(onLeft)
  tell.current = onLeft
  left.current = waiting

  useEffect(() => {
    const next = waiting[0]
    if (!ready || next === undefined || sending.current) return
    sending.current = true
    void send(next)
      .then(
        () => true,
        () => false, // The line went again: it waits on.
      )
      .then((sent) => {
        sending.current = false
        if (sent) setWaiting((all) => all.slice(1))
      })
  }, [ready, waiting, send])

  useEffect(() => () => tell.current([...left.current, written.current.trim()].filter(Boolean)), [written])

  const add = useCallback((text: string) => setWaiting((all) => [...all, text]), [])
  return { waiting, add }
}
