import type { Line } from './useTranscript'

/** What was said last, large enough to be read across a room. The conversation itself is there for screen readers. */
export function Captions({ lines }: { lines: Line[] }) {
  const assistant = lines.findLast((line) => line.who !== 'you')
  const yours = lines.findLast((line) => line.who === 'you')
  const later = yours && assistant && lines.indexOf(yours) > lines.indexOf(assistant)
  return (
    <div className="captions" aria-hidden="true">
      {/* The end of it is what was said last: it stands at the bottom, and what is too long leaves by the top. */}
      <div>
        {assistant && <p className={later ? 'before' : ''}>{assistant.text}</p>}
        {later && <p className="you">{yours.text}</p>}
      </div>
    </div>
  )
}
