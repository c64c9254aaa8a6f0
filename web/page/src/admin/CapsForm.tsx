import { useEffect, useState } from 'react'

import { words } from '../words'
import type { BudgetState, Cap } from './adminApi'
import { Problem } from './Problem'
import { capsChange, type Proposal } from './proposals'

interface Props {
  budget: BudgetState
  onPropose: (proposal: Proposal) => void
}

type Side = keyof Cap
type Texts = Record<string, Record<Side, string>>

const SIDES = ['premium', 'total'] as const

/** Caps to change, in dollars as people write them. */
export function CapsForm({ budget, onPropose }: Props) {
  const kinds = Object.keys(budget.caps).filter((kind) => budget.whose === 'global' || kind !== 'global_day')
  const [texts, setTexts] = useState<Texts>(() => written(budget.caps))
  const [problem, setProblem] = useState<string | null>(null)

  useEffect(() => {
    setTexts(written(budget.caps))
    setProblem(null)
    // Another version may have other caps; what is typed meanwhile stays while the same one is read again.
  }, [budget.version])

  function propose() {
    const caps: Record<string, Cap> = {}
    for (const kind of kinds) {
      const premium = microdollars(texts[kind]?.premium ?? '')
      const total = microdollars(texts[kind]?.total ?? '')
      if (premium === null || total === null) return setProblem(words.caps.wrong)
      if (premium > total) return setProblem(words.caps.above)
      const before = budget.caps[kind]
      if (premium !== before?.premium || total !== before.total) caps[kind] = { premium, total }
    }
    if (!Object.keys(caps).length) return setProblem(words.caps.same)
    setProblem(null)
    onPropose(capsChange(budget.version, budget.whose, caps))
  }

  return (
    <form
      className="caps"
      onSubmit={(event) => {
        event.preventDefault()
        propose()
      }}
    >
      {kinds.map((kind) => (
        <fieldset key={kind}>
          <legend>{words.money.scopes[kind] ?? kind}</legend>
          {SIDES.map((side) => (
            <label key={side}>
              {side === 'premium' ? words.caps.premium : words.caps.allTiers}
              <input
                name={`${kind}.${side}`}
                inputMode="decimal"
                value={texts[kind]?.[side] ?? ''}
                onChange={(event) => {
                  const { value } = event.target
                  setTexts((before) => ({ ...before, [kind]: { premium: '', total: '', ...before[kind], [side]: value } }))
                }}
              />
            </label>
          ))}
        </fieldset>
      ))}
      <Problem text={problem} />
      <div className="row">
        <button type="submit" className="primary">
          {words.caps.change}
        </button>
        {budget.own_caps && (
          <button type="button" onClick={() => onPropose(capsChange(budget.version, budget.whose, {}))}>
            {words.caps.clear}
          </button>
        )}
      </div>
    </form>
  )
}

/** Dollars as typed, in µ$; null for what is no amount. */
function microdollars(text: string): number | null {
  return /^\d{1,8}(\.\d{1,6})?$/.test(text.trim()) ? Math.round(Number(text) * 1_000_000) : null
}

function written(caps: Record<string, Cap>): Texts {
  return Object.fromEntries(
    Object.entries(caps).map(([kind, cap]) => [kind, { premium: plain(cap.premium), total: plain(cap.total) }]),
  )
}

/** Cents always, and what is smaller where there is any: what is not touched stays exactly what it was. */
function plain(amount: number): string {
  const text = (amount / 1_000_000).toFixed(6)
  return text.replace(/0{1,4}$/, '')
}
