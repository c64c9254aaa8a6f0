import { useState } from 'react'

import { type BudgetState, type Cap, Conflict, setCaps, wordsOf } from './adminApi'
import { Differences } from './Differences'
import { dollars, words } from './format'
import { Table } from './Table'

interface Props {
  csrf: string
  budget: BudgetState
  onChanged: () => void
}

/** Counters beside their caps, and the caps to change. */
export function Budget({ csrf, budget, onChanged }: Props) {
  const amount = (value: number | null) => (value === null ? '–' : dollars(value))
  return (
    <>
      {!budget.redis_answers && (
        <div className="notice bad" role="alert">
          <p>Redis does not answer: this is the journal alone.</p>
        </div>
      )}
      <ul className="meters">
        {budget.scopes.map((scope) => {
          const used = (scope.committed ?? scope.journal) + (scope.held ?? 0)
          return (
            <li key={scope.scope}>
              <span>
                {words(scope.kind)}: {dollars(used)} of {dollars(scope.total_cap)}
              </span>
              <meter
                min={0}
                max={Math.max(1, scope.total_cap)}
                value={Math.min(used, scope.total_cap)}
                aria-label={`${words(scope.kind)}, spent and held`}
              />
            </li>
          )
        })}
      </ul>
      <Table
        label="Counters"
        columns={['Scope', '', 'Cap', 'Spent', 'Held', 'Journal']}
        amounts={[2, 3, 4, 5]}
        rows={budget.scopes.flatMap((scope) => [
          {
            key: `${scope.scope} premium`,
            cells: [
              words(scope.kind),
              'premium',
              dollars(scope.premium_cap),
              amount(scope.premium_committed),
              amount(scope.premium_held),
              dollars(scope.premium_journal),
            ],
          },
          {
            key: `${scope.scope} total`,
            cells: [
              words(scope.kind),
              'all tiers',
              dollars(scope.total_cap),
              amount(scope.committed),
              amount(scope.held),
              dollars(scope.journal),
            ],
          },
        ])}
      />
      <h3>
        Caps {budget.whose === 'global' ? 'of everybody' : budget.own_caps ? 'of their own' : 'as for everybody'}
      </h3>
      <CapsForm csrf={csrf} budget={budget} onChanged={onChanged} />
    </>
  )
}

/** Dollars as typed, in µ$; null for what is no amount. */
function microdollars(text: string): number | null {
  return /^\d{1,8}(\.\d{1,6})?$/.test(text.trim()) ? Math.round(Number(text) * 1_000_000) : null
}

function CapsForm({ csrf, budget, onChanged }: Props) {
  const kinds = Object.keys(budget.caps).filter((kind) => budget.whose === 'global' || kind !== 'global_day')
  const [problem, setProblem] = useState<string | null>(null)
  const [conflict, setConflict] = useState<Conflict | null>(null)

  async function save(caps: Record<string, Cap>, note: string) {
    setProblem(null)
    try {
      await setCaps(csrf, budget.version, budget.whose, caps, note)
      onChanged()
    } catch (error) {
      if (error instanceof Conflict) setConflict(error)
      else setProblem(wordsOf(error))
    }
  }

  function given(form: FormData): Record<string, Cap> | null {
    const caps: Record<string, Cap> = {}
    for (const kind of kinds) {
      const premium = microdollars(String(form.get(`${kind}.premium`)))
      const total = microdollars(String(form.get(`${kind}.total`)))
      if (premium === null || total === null) return null
      const before = budget.caps[kind]
      if (premium !== before?.premium || total !== before.total) caps[kind] = { premium, total }
    }
    return caps
  }

  if (conflict) {
    return (
      <>
        <div className="notice bad" role="alert">
          <p>Somebody else changed the policy meanwhile: it is version {conflict.version} now. Nothing was written.</p>
          <button onClick={onChanged}>Look at it</button>
        </div>
        <Differences changes={conflict.difference} />
      </>
    )
  }
  return (
    <form
      className="caps"
      onSubmit={(event) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const caps = given(form)
        if (!caps) setProblem('Write dollars with a point, such as 4.00.')
        else if (!Object.keys(caps).length) setProblem('Nothing is different.')
        else void save(caps, String(form.get('note') ?? ''))
      }}
    >
      {kinds.map((kind) => (
        <fieldset key={kind}>
          <legend>{words(kind)}</legend>
          <label>
            premium, $
            <input name={`${kind}.premium`} inputMode="decimal" defaultValue={plain(budget.caps[kind]?.premium)} />
          </label>
          <label>
            all tiers, $
            <input name={`${kind}.total`} inputMode="decimal" defaultValue={plain(budget.caps[kind]?.total)} />
          </label>
        </fieldset>
      ))}
      <label className="note">
        Why, for the history
        <input name="note" maxLength={500} />
      </label>
      {problem && (
        <p className="field-error" role="alert">
          {problem}
        </p>
      )}
      <div className="row">
        <button type="submit" className="primary">
          Change caps
        </button>
        {budget.own_caps && (
          <button type="button" onClick={() => void save({}, '')}>
            As for everybody
          </button>
        )}
      </div>
    </form>
  )
}

function plain(amount: number | undefined): string {
  return ((amount ?? 0) / 1_000_000).toFixed(2)
}
