import { useEffect, useRef } from 'react'

import type { Line } from './useTranscript'

const NAMES = { you: 'You', assistant: 'Assistant', note: 'Confirmation' }

/** What was said. Finished lines are a log for screen readers; words still on their way are for the eye alone. */
export function Transcript({ lines }: { lines: Line[] }) {
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)

  useEffect(() => {
    const element = box.current
    if (element && atEnd.current) element.scrollTop = element.scrollHeight
  }, [lines])

  // A card that opens below takes room away: the last words stay in sight.
  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  return (
    <div
      className="transcript"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Conversation"
      onScroll={({ currentTarget: at }) => {
        // Whoever has scrolled up to read is not pulled down again.
        atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40
      }}
    >
      {lines.length === 0 && <p className="quiet">What you and the assistant say appears here.</p>}
      <div role="log" aria-label="What was said" aria-live="polite">
        <ol>
          {lines.map((line) => (
            <li key={line.id} className={line.who} data-final={line.final} aria-hidden={!line.final}>
              <span className="who">{NAMES[line.who]}</span>
              <span className="words">{line.text}</span>
            </li>
          ))}
        </ol>
      </div>
    </div>
  )
}
