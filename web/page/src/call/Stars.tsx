import { useState } from 'react'

import { ApiError, rateCall } from '../api'
import { words } from '../words'

interface Props {
  csrf: string
  callId: string
  given?: number | null
  name?: string
}

const ALL = [1, 2, 3, 4, 5]

/** How a call was, in stars. They can be changed. */
export function Stars({ csrf, callId, given = null, name = words.stars.question }: Props) {
  const [stars, setStars] = useState(given)
  const [said, setSaid] = useState('')

  async function rate(wanted: number) {
    const before = stars
    setStars(wanted)
    setSaid('')
    try {
      await rateCall(csrf, callId, wanted)
      setSaid(words.stars.thanks)
    } catch (error) {
      setStars(before)
      setSaid(error instanceof ApiError ? error.message : words.common.failed)
    }
  }

  return (
    <div className="stars">
      <fieldset>
        <legend>{name}</legend>
        <span className="row">
          {ALL.map((each) => (
            <label key={each} className={stars !== null && each <= stars ? 'lit' : ''}>
              <input
                type="radio"
                className="unseen"
                name={`stars-${callId}`}
                checked={stars === each}
                onChange={() => void rate(each)}
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
