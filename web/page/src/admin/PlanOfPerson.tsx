import { useState } from 'react'

import { words } from '../words'
import { type Person, send } from './adminApi'
import { AskedDialog } from './AskedDialog'

export interface PersonDialog {
  csrf: string
  person: Person
  onClose: (said: string) => void
}

const PLANS = ['premium', 'economy'] as const

/** Another plan for somebody. */
export function PlanOfPerson({ csrf, person, onClose }: PersonDialog) {
  const [plan, setPlan] = useState(PLANS.find((each) => each !== person.plan) ?? person.plan)

  async function act() {
    const now = await send<Person>('PUT', '/api/admin/users/plan', csrf, { user: person.email, plan })
    return words.people.planDone(now.email, now.plan)
  }
  return (
    <AskedDialog
      title={words.people.planAsk(person.email)}
      doIt={words.people.planDo}
      act={act}
      missing={plan === person.plan}
      onClose={onClose}
    >
      <p>{words.people.planText}</p>
      <label className="note">
        {words.people.planLabel}
        <select value={plan} onChange={(event) => setPlan(event.target.value as Person['plan'])}>
          {PLANS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
    </AskedDialog>
  )
}
