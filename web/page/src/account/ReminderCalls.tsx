import { type AccountState, changeReminderCalls } from '../api'
import { useSaving } from './useSaving'

interface Props {
  csrf: string
  account: AccountState
  onChanged: (account: AccountState) => void
}

/** Whether one is called about tasks for which one asked for a call. Nobody is who did not say so here. */
export function ReminderCalls({ csrf, account, onChanged }: Props) {
  const { busy, said, save } = useSaving(onChanged)
  return (
    <div className="consent">
      <label>
        <input
          type="checkbox"
          checked={account.reminder_calls}
          disabled={busy}
          onChange={({ target: { checked } }) => void save(() => changeReminderCalls(csrf, checked))}
        />
        Call me about tasks when I ask for that
      </label>
      <p>
        An automatic voice calls your linked telephone, never at night. It tells nothing before your PIN is keyed. Say
        «stop calling me» or press 9 to end it.
      </p>
      <p className="said" role="status">
        {said}
      </p>
    </div>
  )
}
