import { type AccountState, changeReminderCalls } from '../api'
import { words } from '../words'
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
        {words.reminders.callMe}
      </label>
      <p>{words.reminders.how}</p>
      <p className="said" role="status">
        {said}
      </p>
    </div>
  )
}
