import { words } from '../words'
import { useConsent } from './useConsent'

/** For the room that the words take until the server has told. */
const USUAL_DAYS = 30

/** Whether a transcript of calls in the browser may be kept. Off until the caller switches it on. */
export function TranscriptConsent({ csrf }: { csrf: string }) {
  const { consent, busy, problem, look, change } = useConsent(csrf)
  // Before it is known it takes the room that it will need: a button that jumps away under a press is not pressed.
  const unknown = consent === null
  return (
    <div className="consent">
      <div style={unknown ? { visibility: 'hidden' } : undefined}>
        <label>
          <input
            type="checkbox"
            checked={consent?.transcripts === true}
            disabled={busy || unknown}
            onChange={({ target: { checked } }) => change(checked)}
          />
          {words.consent.keep(consent?.days ?? USUAL_DAYS)}
        </label>
        <p>{words.consent.hint}</p>
        {!unknown && problem && <p role="alert">{problem}</p>}
      </div>
      {unknown && problem && (
        <div>
          <p role="alert">{words.consent.unknown(problem)}</p>
          <button className="plain" disabled={busy} onClick={look}>
            {words.common.again}
          </button>
        </div>
      )}
    </div>
  )
}
