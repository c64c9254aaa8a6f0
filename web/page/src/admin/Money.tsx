import { useState } from 'react'

import { words } from '../words'
import type { BudgetState, Costs } from './adminApi'
import { Budget } from './Budget'
import { CostChart } from './CostChart'
import { Labels } from './Labels'
import { Shown } from './Shown'
import { useAsked } from './useAsked'
import { useChange } from './useChange'

interface Props {
  csrf: string
  onSignedOut: () => void
}

/** What each day cost, what is spent and held below which cap, and caps to change. */
export function Money({ csrf, onSignedOut }: Props) {
  const [days, setDays] = useState(14)
  const [whose, setWhose] = useState('global')
  const costs = useAsked<Costs>(`/api/admin/costs?days=${days}&whose=${encodeURIComponent(whose)}`, onSignedOut)
  const budget = useAsked<BudgetState>(`/api/admin/budget?whose=${encodeURIComponent(whose)}`, onSignedOut)
  const change = useChange(csrf, budget.refresh)
  return (
    <>
      {change.shown}
      <section className="card" aria-labelledby="costs-title">
        <h2 id="costs-title">
          {whose === 'global' ? words.money.costs : words.money.costsOf(whose)}{' '}
          <Labels sandbox={costs.data?.sandbox ?? false} demo={costs.data?.rows.some((row) => row.demo) ?? false} />
        </h2>
        <label className="inline">
          {words.money.days}
          <select value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {[7, 14, 30, 90].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <Shown
          asked={costs}
          empty={{ when: (data) => !data.rows.length, said: words.money.noCosts }}
        >
          {(data) => <CostChart costs={data} />}
        </Shown>
      </section>
      <section className="card" aria-labelledby="budget-title">
        <h2 id="budget-title">
          {words.money.budget} <Labels sandbox={budget.data?.sandbox ?? false} />
        </h2>
        <form
          className="search"
          onSubmit={(event) => {
            event.preventDefault()
            const given = new FormData(event.currentTarget).get('whose')
            setWhose(String(given ?? '').trim() || 'global')
          }}
        >
          <label>
            {words.money.whose}
            <input name="whose" defaultValue="global" maxLength={254} />
          </label>
          <button type="submit">{words.money.show}</button>
        </form>
        <Shown asked={budget}>
          {(data) => (
            <Budget key={data.whose} budget={data} onPropose={change.propose} />
          )}
        </Shown>
      </section>
    </>
  )
}
