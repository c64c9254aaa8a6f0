import { useCallback, useEffect, useRef, useState } from 'react'

import type { CallProps } from './Call'
import { CallLine, type Connection } from './CallLine'

/** The line of a call for as long as it is shown. */
export function useCallLine({ csrf, rejoin, onConnected, onOver, onSignedOut }: CallProps) {
  const [connection, setConnection] = useState<Connection>({ state: 'connecting' })
  const handlers = useRef({ onConnected, onOver, onSignedOut })
  handlers.current = { onConnected, onOver, onSignedOut }
  const [line] = useState(
    () =>
      new CallLine({
        onConnection: setConnection,
        onConnected: (callId) => handlers.current.onConnected(callId),
        onOver: (why) => handlers.current.onOver(why),
        onSignedOut: () => handlers.current.onSignedOut(),
      }),
  )

  useEffect(() => {
    // Strict mode mounts twice: only what is still mounted a moment later makes a call.
    const begin = setTimeout(() => line.enter(csrf, rejoin), 0)
    return () => {
      clearTimeout(begin)
      line.leave()
    }
  }, [line, csrf, rejoin])

  const hangUp = useCallback(() => handlers.current.onOver({ kind: 'hung-up' }), [])
  return { room: line.room, connection, hangUp }
}
