import { useCallback, useEffect, useRef, useState } from 'react'

import { ApiError, rateCall } from '../api'
import { words } from '../words'

interface Props {
  csrf: string
  callId: string
  given?: number | null
  name?: string
}

const ALL = [1, 2, 3, 4, 5]
/** Arrow keys walk through the stars: what counts is where they stop. */
const QUIET_MS = 700

/** How a call was, in stars. They can be changed. */
export function Stars({ csrf, callId, given = null, name = words.stars.question }: Props) {
  const [stars, setStars] = useState(given)
  const [said, setSaid] = useState('')

  /** What is to be sent, and what the server has. */
  const wanted = useRef(given)
  const known = useRef(given)
  const sending = useRef(false)
  const quiet = useRef<ReturnType<typeof setTimeout>>(undefined)

  /** One request at a time: of two, the earlier could arrive last. */
  const send = useCallback(async () => {
    clearTimeout(quiet.current)
    if (sending.current || wanted.current === null || wanted.current === known.current) return
    sending.current = true
    const sent = wanted.current
    try {
      await rateCall(csrf, callId, sent)
      known.current = sent
      if (wanted.current === sent) setSaid(words.stars.thanks)
    } catch (error) {
      if (wanted.current === sent) {
        wanted.current = known.current
        setStars(known.current)
        setSaid(error instanceof ApiError ? error.message : words.common.failed)
      }
    } finally {
      sending.current = false
    }
    // Other stars were chosen meanwhile.
    if (wanted.current !== sent && wanted.current !== known.current) void send()
  }, [csrf, callId])
  useEffect(() => () => void send(), [send])

  function rate(chosen: number) {
    wanted.current = chosen
    setStars(chosen)
    setSaid('')
    clearTimeout(quiet.current)
    quiet.current = setTimeout(() => void send(), QUIET_MS)
  }

  return (
    <div className="stars">
      <fieldset
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) void send()
        }}
      >
        <legend>{name}</legend>
        <span className="row">
          {ALL.map((each) => (
            <label key={each} className={stars !== null && each <= stars ? 'lit' : ''}>
              <input
                type="radio"
                className="unseen"
                name={`stars-${callId}`}
                checked={stars === each}
                onChange={() => rate(each)}
              />
              <span className="unseen">{words.stars.name(each)}</span>
              <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
                <path d="M12 2.6l2.9 5.9 6.5.95-4.7 4.6 1.1 6.5L12 17.5l-5.8 3.05 1.1-6.5-4.7-4.6 6.5-.95z" />
              </svg>
            </label>
          ))}
        </span>
      </fieldset>
      <p role="status">{said}</p>
    </div>
  )
}
