import { useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { compared, type Reconciled, settle, wordsOf } from './adminApi'
import { Dialog } from './Dialog'
import { dollars } from './format'
import { Labels } from './Labels'
import { Problem } from './Problem'
import { Table } from './Table'

interface Props {
  csrf: string
  file: File
  /** With what to tell of a settlement, or nothing where there was none. */
  onClose: (said: string[]) => void
}

/** Says how far the journal is from an export and what it would settle, before it is settled. */
export function SettleDialog({ csrf, file, onClose }: Props) {
  const [effect, setEffect] = useState<Reconciled | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  /** The vendor has counted all, though a period has just ended. */
  const [whole, setWhole] = useState(false)
  const said = useRef<string[]>([])
  /** How often it was asked to look again. */
  const [looks, setLooks] = useState(0)

  useEffect(() => {
    let here = true
    setEffect(null)
    setProblem(null)
    compared(csrf, file, whole).then(
      (found) => here && setEffect(found),
      (error: unknown) => here && setProblem(wordsOf(error)),
    )
    return () => {
      here = false
    }
  }, [csrf, file, whole, looks])

  async function carryOut(looked: Reconciled, close: () => void) {
    setBusy(true)
    setProblem(null)
    try {
      const { corrections, notes } = await settle(csrf, file, looked, whole)
      said.current = [words.settling.done(corrections), ...notes]
      close()
    } catch (error) {
      setProblem(wordsOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title={words.settling.about(file.name)} busy={busy} onClose={() => onClose(said.current)}>
      {(close) => (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (effect) void carryOut(effect, close)
          }}
        >
          {effect ? <Told effect={effect} /> : !problem && <p role="status">{words.common.moment}</p>}
          <label className="check">
            <input type="checkbox" checked={whole} disabled={busy} onChange={() => setWhole(!whole)} />
            {words.settling.whole}
          </label>
          <Problem text={problem} />
          <div className="row">
            {problem !== null && (
              <button type="button" disabled={busy} onClick={() => setLooks(looks + 1)}>
                {words.settling.lookAgain}
              </button>
            )}
            <button type="submit" className="primary" disabled={!effect?.corrections || busy}>
              {busy ? words.common.moment : words.settling.doIt}
            </button>
            <button type="button" disabled={busy} onClick={close}>
              {words.settling.leave}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

function Told({ effect }: { effect: Reconciled }) {
  const corrected = effect.models.reduce((sum, each) => sum + each.corrected, 0)
  return (
    <>
      <p className="effect" role="status">
        {effect.corrections ? words.settling.will(effect.corrections, signed(corrected)) : words.settling.nothing}
      </p>
      <p className="quiet">
        {words.settling.form(effect.form)} <Labels sandbox={effect.sandbox} />
      </p>
      {effect.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {effect.models.length ? (
        <Table
          label={words.settling.table}
          columns={words.settling.columns}
          amounts={[1, 2, 3, 4, 5, 6, 7]}
          rows={effect.models.map((each) => ({
            key: `${each.vendor} ${each.model}`,
            cells: [
              `${each.vendor} ${each.model}`,
              dollars(each.invoiced),
              dollars(each.journal),
              signed(each.drift_before),
              after(each.drift, each.drift_percent),
              each.settled,
              dollars(each.not_in_journal),
              dollars(each.not_in_export),
            ],
          }))}
        />
      ) : (
        <p className="quiet none">{words.settling.noUse}</p>
      )}
    </>
  )
}

const signed = (microdollars: number) => `${microdollars > 0 ? '+' : ''}${dollars(microdollars)}`

function after(drift: number, percent: number | null): string {
  return percent === null ? signed(drift) : words.settling.drift(signed(drift), String(percent))
}
