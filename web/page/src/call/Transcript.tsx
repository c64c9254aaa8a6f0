import { useEffect, useRef } from 'react'

import { words } from '../words'
import type { Line } from './useTranscript'

/** What was said. Finished lines are a log for screen readers; words still on their way are for the eye alone. */
export function Transcript({ lines, waiting }: { lines: Line[]; waiting: string[] }) {
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)

  useEffect(() => {
    const element = box.current
    if (element && atEnd.current) element.scrollTop = element.scrollHeight
  }, [lines, waiting])

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
      aria-label={words.transcript.region}
      onScroll={({ currentTarget: at }) => {
        // Whoever has scrolled up to read is not pulled down again.
        atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40
      }}
    >
      {lines.length === 0 && waiting.length === 0 && <p className="quiet">{words.transcript.empty}</p>}
      <div role="log" aria-label={words.transcript.log} aria-live="polite">
        <ol>
          {lines.map((line) => (
            <li key={line.id} className={line.who} data-final={line.final} aria-hidden={!line.final}>
              <span className="who">{words.transcript.who[line.who]}</span>
              <span className="words">{line.text}</span>
            </li>
          ))}
          {waiting.map((text, at) => (
            <li key={`${at} ${text}`} className="you" data-final="false">
              <span className="who">
                {words.transcript.who.you}, {words.transcript.waiting}
              </span>
              <span className="words">{text}</span>
            </li>
          ))}
        </ol>
      </div>
    </div>
  )
}
