import type { Budget } from '../api'
import { words } from '../words'
import { roughly } from '../words/money'

/** What has been spent of today's budget, and of this month's. Its room is there before it is. */
export function BudgetLine({ budget }: { budget: Budget | null }) {
  if (!budget) return <div className="budget" />
  const { day, month, sandbox } = budget
  const part = day.cap_microdollars > 0 ? Math.min(1, day.microdollars / day.cap_microdollars) : 1
  const percent = Math.round(100 * part)
  return (
    <div className="budget">
      <p>{words.budget.today(roughly(day.microdollars), roughly(day.cap_microdollars))}</p>
      <div
        className="level"
        role="meter"
        aria-label={words.budget.meter}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={`${percent} %`}
      >
        <span style={{ transform: `scaleX(${part})` }} />
      </div>
      <p>
        {words.budget.month(roughly(month.microdollars), roughly(month.cap_microdollars))}{' '}
        {sandbox && words.budget.sandbox}
      </p>
    </div>
  )
}
