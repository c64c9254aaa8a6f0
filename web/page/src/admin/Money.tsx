import { useState } from 'react'

import type { BudgetState, Costs } from './adminApi'
import { Budget } from './Budget'
import { CostChart } from './CostChart'
import { Labels } from './Labels'
import { Shown } from './Shown'
import { useAsked } from './useAsked'

interface Props {
  csrf: string
  onSignedOut: () => void
}

/** What each day cost, what is spent and held below which cap, and caps to change. */
export function Money({ csrf, onSignedOut }: Props) {
  const [days, setDays] = useState(14)
  const [whose, setWhose] = useState('global')
  const costs = useAsked<Costs>(`/api/admin/costs?days=${days}`, onSignedOut)
  const budget = useAsked<BudgetState>(`/api/admin/budget?whose=${encodeURIComponent(whose)}`, onSignedOut)
  return (
    <>
      <section className="card" aria-labelledby="costs-title">
        <h2 id="costs-title">
          What each day cost{' '}
          <Labels sandbox={costs.data?.sandbox ?? false} demo={costs.data?.rows.some((row) => row.demo) ?? false} />
        </h2>
        <label className="inline">
          Days
          <select value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {[7, 14, 30, 90].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <Shown
          asked={costs}
          empty={{ when: (data) => !data.rows.length, words: 'Nothing was charged in these days.' }}
        >
          {(data) => <CostChart costs={data} />}
        </Shown>
      </section>
      <section className="card" aria-labelledby="budget-title">
        <h2 id="budget-title">
          Budget <Labels sandbox={budget.data?.sandbox ?? false} />
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
            Whose: an address, or «global» for everybody’s day
            <input name="whose" defaultValue="global" maxLength={254} />
          </label>
          <button type="submit">Show</button>
        </form>
        <Shown asked={budget}>
          {(data) => (
            <Budget key={`${data.whose} ${data.version}`} csrf={csrf} budget={data} onChanged={budget.refresh} />
          )}
        </Shown>
      </section>
    </>
  )
}
