import { useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { erase, type Proof, send, wordsOf } from './adminApi'
import { AskedDialog } from './AskedDialog'
import { Dialog } from './Dialog'
import type { PersonDialog } from './PlanOfPerson'
import { Problem } from './Problem'
import { Table } from './Table'

/** Erases somebody everywhere, once their address was typed; then shows the proof. */
export function ErasePerson({ csrf, person, onClose }: PersonDialog) {
  const [typed, setTyped] = useState('')
  const [calls, setCalls] = useState(words.common.moment)
  const [proof, setProof] = useState<Proof | null>(null)
  const isErased = useRef(false)

  useEffect(() => {
    let here = true
    send<{ live_calls: number | null }>('POST', '/api/admin/erase/effect', csrf, { user: person.email }).then(
      ({ live_calls }) => here && setCalls(callsOf(live_calls)),
      (error: unknown) => here && setCalls(wordsOf(error)),
    )
    return () => {
      here = false
    }
  }, [csrf, person.email])

  async function act() {
    const shown = await erase(csrf, person.email, typed)
    isErased.current = true
    setProof(shown)
    return ''
  }
  if (proof) return <Proven csrf={csrf} userId={person.id} proof={proof} onClose={onClose} />
  return (
    <AskedDialog
      title={words.people.eraseAsk(person.email)}
      doIt={words.people.eraseDo}
      act={act}
      missing={typed.trim().toLowerCase() !== person.email}
      danger
      // The question closes itself when it is answered, which may be before the proof has taken its place.
      onClose={(said) => isErased.current || onClose(said)}
    >
      <p>{words.people.eraseText}</p>
      <p className="effect" role="status">
        {calls}
      </p>
      <label className="note">
        {words.people.eraseType(person.email)}
        <input type="email" autoComplete="off" maxLength={254} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </label>
    </AskedDialog>
  )
}

function callsOf(calls: number | null): string {
  if (calls === null) return words.people.eraseUnknown
  return calls ? words.people.eraseCalls(calls) : words.people.eraseNoCall
}

interface ProvenProps {
  csrf: string
  userId: string
  proof: Proof
  onClose: (said: string) => void
}

/** What was removed where, and whether anything is left. It names nobody. */
function Proven({ csrf, userId, proof: first, onClose }: ProvenProps) {
  const [proof, setProof] = useState(first)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const said = proof.complete ? words.people.eraseDone : words.people.eraseOpen

  async function again() {
    setBusy(true)
    setProblem(null)
    try {
      setProof(await erase(csrf, userId, userId))
    } catch (error) {
      setProblem(wordsOf(error))
    }
    setBusy(false)
  }
  return (
    <Dialog title={words.people.eraseProof} busy={busy} onClose={() => onClose(said)}>
      {(close) => (
        <>
          <p className={proof.complete ? 'effect' : 'notice bad'} role="status">
            {said}
          </p>
          <Table
            label={words.people.eraseProof}
            columns={words.people.eraseColumns}
            rows={proof.steps.map((step) => ({
              key: step.place,
              cells: [
                step.place,
                removed(step.removed) || words.console.values.nothing,
                step.left ?? '–',
                step.note || '–',
              ],
            }))}
          />
          <p className="quiet digest">{words.people.eraseDigest(proof.digest)}</p>
          <Problem text={problem} />
          <div className="row">
            {!proof.complete && (
              <button disabled={busy} onClick={() => void again()}>
                {words.people.eraseAgain}
              </button>
            )}
            <button className="primary" disabled={busy} onClick={close}>
              {words.people.close}
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}

function removed(counts: Record<string, number>): string {
  return Object.entries(counts)
    .filter(([, count]) => count)
    .map(([name, count]) => words.people.removed(count, name))
    .join(', ')
}
