import { useEffect, useRef, useState } from 'react'

import { changePolicy, type Changes, Conflict, type Effect, effectOf, wordsOf, type Written } from './adminApi'
import { Differences } from './Differences'

export interface Proposal {
  title: string
  expected: string
  changes: Changes
}

interface Props {
  csrf: string
  proposal: Proposal
  onDone: (written: Written) => void
  /** Without anything written; `look` when what was looked at is not in force any more. */
  onClose: (look: boolean) => void
}

/** Says what a change of the policy will do before it is done, and what is different when somebody was quicker. */
export function ConfirmChange({ csrf, proposal, onDone, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [effect, setEffect] = useState<Effect | null>(null)
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const written = useRef<Written | null>(null)

  function trouble(error: unknown) {
    if (error instanceof Conflict) setConflict(error)
    else setProblem(wordsOf(error))
  }
  useEffect(() => {
    const opened = dialog.current
    if (opened && !opened.open) opened.showModal()
    let here = true
    effectOf(csrf, proposal.expected, proposal.changes).then(
      (found) => here && setEffect(found),
      (error: unknown) => here && trouble(error),
    )
    return () => {
      here = false
    }
  }, [csrf, proposal])

  async function carryOut() {
    setBusy(true)
    setProblem(null)
    try {
      written.current = await changePolicy(csrf, proposal.expected, proposal.changes, note)
      // What the browser had the focus on gets it back.
      dialog.current?.close()
    } catch (error) {
      trouble(error)
      setBusy(false)
    }
  }

  return (
    <dialog ref={dialog} className="confirm-change" aria-labelledby="confirm-title" onClose={() => (written.current ? onDone(written.current) : onClose(conflict !== null))}>
      <h2 id="confirm-title">{proposal.title}</h2>
      {conflict ? (
        <>
          <div className="notice bad" role="alert">
            <p>
              Somebody else changed the policy meanwhile: it is version {conflict.version} now. Nothing of yours was
              written.
            </p>
          </div>
          <h3>What they changed</h3>
          <Differences changes={conflict.difference} />
          <div className="row">
            <button className="primary" onClick={() => dialog.current?.close()}>
              Look at it
            </button>
          </div>
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void carryOut()
          }}
        >
          {effect ? (
            <>
              <p className="effect" role="status">
                {told(effect)}
              </p>
              {effect.moves.length > 0 && (
                <ul className="moves">
                  {counted(effect).map(([way, count]) => (
                    <li key={way}>
                      {count} × {way}
                    </li>
                  ))}
                </ul>
              )}
              <Differences changes={effect.changes} />
            </>
          ) : (
            !problem && <p role="status">Looking at what it will move…</p>
          )}
          {problem && (
            <p className="field-error" role="alert">
              {problem}
            </p>
          )}
          <label className="note">
            Why, for the history
            <input value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
          </label>
          <div className="row">
            <button type="submit" className="primary" disabled={!effect || busy}>
              {busy ? 'Changing…' : 'Change it'}
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Leave it
            </button>
          </div>
        </form>
      )}
    </dialog>
  )
}

function told({ live, moves }: Effect): string {
  if (!live) return 'No call goes on now, so none will move.'
  if (!moves.length) return live === 1 ? 'The one live call stays as it is.' : `All ${live} live calls stay as they are.`
  return moves.length === 1 ? '1 live call will move.' : `${moves.length} live calls will move.`
}

function counted({ moves }: Effect): [string, number][] {
  const ways = new Map<string, number>()
  for (const move of moves) {
    const way = `${move.before ?? 'nothing'} → ${move.after ?? 'a spoken goodbye'}`
    ways.set(way, (ways.get(way) ?? 0) + 1)
  }
  return [...ways]
}
