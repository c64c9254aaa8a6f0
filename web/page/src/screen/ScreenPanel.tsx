import { useState } from 'react'

import { Preview } from './Preview'
import type { ScreenShare, Sight } from './useScreenShare'

import './screen.css'

const SIGNS: Record<Sight, string> = {
  off: 'Your screen is shared. The agent does not see it yet.',
  asking: 'The agent asks whether it may look at your screen.',
  watching: 'The agent sees your screen.',
  blind: 'The agent cannot see your screen at the moment.',
  spent: 'The agent no longer looks at your screen: the budget for it is used up.',
}

/** Sharing a screen with the agent: leave first, then a preview, a sign that says it is seen, and what was read. */
export function ScreenPanel({ screen, ready }: { screen: ScreenShare; ready: boolean }) {
  const [asking, setAsking] = useState(false)
  if (!screen.possible) return null
  if (screen.track) {
    return (
      <section className="screen" aria-label="Shared screen">
        <Preview track={screen.track} />
        <div className="told">
          <p className={`sign ${screen.sight}`} role="status">
            {SIGNS[screen.sight]}
          </p>
          {screen.read && (
            <p className="read">
              Read: <b>{screen.read.title}</b>
              {screen.read.due_words && <>, due {screen.read.due_words}</>}
            </p>
          )}
          <button onClick={screen.stop}>Stop sharing</button>
        </div>
      </section>
    )
  }
  if (asking) {
    return (
      <section className="screen leave" aria-label="Share your screen">
        <p>
          While you share, the agent looks at pictures of what you choose, so that you can say «add this to my tasks». The
          pictures go to Google to be read. Nobody keeps them, and sharing ends when you stop it or hang up.
        </p>
        <div className="row">
          <button
            className="primary"
            onClick={() => {
              setAsking(false)
              screen.start()
            }}
          >
            Choose what to share
          </button>
          <button onClick={() => setAsking(false)}>Not now</button>
        </div>
      </section>
    )
  }
  return (
    <section className="screen closed" aria-label="Screen">
      <button disabled={!ready} onClick={() => setAsking(true)}>
        Share screen
      </button>
      {screen.trouble && (
        <p className="quiet" role="status">
          {screen.trouble}
        </p>
      )}
    </section>
  )
}
