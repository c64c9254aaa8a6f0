import { useEffect, useRef, useState } from 'react'

import { ApiError } from '../api'
import { words } from '../words'
import { carryOut, Conflict, type Effect, effectOf, wordsOf, type Written } from './adminApi'
import { Dialog } from './Dialog'
import { Differences } from './Differences'
import { Problem } from './Problem'
import type { Proposal } from './proposals'

interface Props {
  csrf: string
  proposal: Proposal
  onDone: (written: Written) => void
  /** Without anything written; `look` when what was looked at is not in force any more. */
  onClose: (look: boolean) => void
}

/** Says what a change of the policy will do before it is done, and what is different when somebody was quicker. */
export function ConfirmChange({ csrf, proposal, onDone, onClose }: Props) {
  const [effect, setEffect] = useState<Effect | null>(null)
  const [conflict, setConflict] = useState<Conflict | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const written = useRef<Written | null>(null)
  /** An answer to «change it» was lost: it may have been done. */
  const unheard = useRef(false)

  function trouble(error: unknown) {
    if (error instanceof Conflict) setConflict(error)
    else setProblem(wordsOf(error))
  }
  useEffect(() => {
    let here = true
    effectOf(csrf, proposal).then(
      (found) => here && setEffect(found),
      (error: unknown) => here && trouble(error),
    )
    return () => {
      here = false
    }
  }, [csrf, proposal])

  async function change(close: () => void) {
    setBusy(true)
    setProblem(null)
    try {
      written.current = await carryOut(csrf, proposal, note)
      close()
    } catch (error) {
      if (error instanceof ApiError && error.code === 'offline') unheard.current = true
      trouble(error)
      setBusy(false)
    }
  }

  return (
    <Dialog
      title={proposal.title}
      busy={busy}
      onClose={() => (written.current ? onDone(written.current) : onClose(conflict !== null))}
    >
      {(close) =>
        conflict ? (
          <>
            <div className="notice bad" role="alert">
              <p>{(unheard.current ? words.change.conflictAfterSilence : words.change.conflict)(conflict.version)}</p>
            </div>
            <h3>{unheard.current ? words.change.changed : words.change.theirs}</h3>
            <Differences changes={conflict.difference} />
            <div className="row">
              <button className="primary" onClick={close}>
                {words.change.lookAtIt}
              </button>
            </div>
          </>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              void change(close)
            }}
          >
            {effect ? <Told effect={effect} about={proposal.about} /> : !problem && <p role="status">{words.change.look}</p>}
            <Problem text={problem} />
            <label className="note">
              {words.change.why}
              <input value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
            </label>
            <div className="row">
              <button type="submit" className="primary" disabled={!effect || busy}>
                {busy ? words.change.doing : words.change.doIt}
              </button>
              <button type="button" disabled={busy} onClick={close}>
                {words.change.leave}
              </button>
            </div>
          </form>
        )
      }
    </Dialog>
  )
}

function Told({ effect, about }: { effect: Effect; about: string | undefined }) {
  return (
    <>
      <div className="told" role="status">
        <p className="effect">{inOneSentence(effect)}</p>
        {effect.phases.map((each) => (
          <p key={each.experiment}>{words.change.phase(each.experiment, each.phase)}</p>
        ))}
      </div>
      {effect.moves.length > 0 && (
        <ul className="moves">
          {counted(effect).map((way) => (
            <li key={way}>{way}</li>
          ))}
        </ul>
      )}
      {about && <p className="quiet">{about}</p>}
      {effect.why_behind && (
        <div className="notice bad" role="alert">
          <p>{words.live.behind(effect.why_behind)}</p>
        </div>
      )}
      <Differences changes={effect.changes} />
    </>
  )
}

function inOneSentence({ live, moves, why_behind }: Effect): string {
  if (!live) return why_behind ? words.change.unknown : words.change.nobody
  return moves.length ? words.change.moves(moves.length) : words.change.stays(live)
}

function counted({ moves }: Effect): string[] {
  const ways = new Map<string, { count: number; before: string; after: string }>()
  for (const move of moves) {
    const before = move.before ?? words.change.nothing
    const after = move.after ?? words.change.goodbye
    const way = ways.get(`${before} ${after}`) ?? { count: 0, before, after }
    ways.set(`${before} ${after}`, { ...way, count: way.count + 1 })
  }
  return [...ways.values()].map(({ count, before, after }) => words.change.way(count, before, after))
}
