import { useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { Preview } from './Preview'
import type { ScreenShare } from './useScreenShare'

import './screen.css'

/** Sharing a screen with the agent: leave first, then a preview, a sign that says it is seen, and what was read. */
export function ScreenPanel({ screen, ready }: { screen: ScreenShare; ready: boolean }) {
  const [asking, setAsking] = useState(false)
  const here = useRef<HTMLElement>(null)
  const step = screen.track ? 'shared' : asking ? 'asking' : 'closed'
  const was = useRef(step)
  // What was pressed is gone with its step: the keyboard goes on in the one that came.
  useEffect(() => {
    if (was.current !== step && document.activeElement === document.body) here.current?.focus()
    was.current = step
  }, [step])
  if (!screen.possible) return null
  if (screen.track) {
    return (
      <section ref={here} tabIndex={-1} className="screen" aria-label={words.screen.shared}>
        <Preview track={screen.track} />
        <div className="told">
          <p className={`sign ${screen.sight}`} role="status">
            {words.screen.signs[screen.sight]}
          </p>
          {screen.read && (
            <p className="read">
              {words.screen.read} <b>{screen.read.title}</b>
              {screen.read.due_words && words.screen.due(screen.read.due_words)}
            </p>
          )}
          <button onClick={screen.stop}>{words.screen.stop}</button>
        </div>
      </section>
    )
  }
  if (asking) {
    return (
      <section ref={here} tabIndex={-1} className="screen leave" aria-label={words.screen.leave}>
        <p>{words.screen.leaveText}</p>
        <div className="row">
          <button
            className="primary"
            onClick={() => {
              setAsking(false)
              screen.start()
            }}
          >
            {words.screen.choose}
          </button>
          <button onClick={() => setAsking(false)}>{words.screen.notNow}</button>
        </div>
      </section>
    )
  }
  return (
    <section ref={here} tabIndex={-1} className="screen closed" aria-label={words.screen.closed}>
      <button disabled={!ready} onClick={() => setAsking(true)}>
        {words.screen.share}
      </button>
      {screen.trouble && (
        <p className="quiet" role="status">
          {screen.trouble}
        </p>
      )}
    </section>
  )
}
