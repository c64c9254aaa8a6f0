import { useId } from 'react'

import { type AccountState, changeReminderCalls } from '../api'
import { words } from '../words'
import { useSaving } from './useSaving'

const COUNTRY = new Intl.DisplayNames(words.locale, { type: 'region' })
const LIST = new Intl.ListFormat(words.locale)

interface Props {
  csrf: string
  account: AccountState
  onChanged: (account: AccountState) => void
}

/**
 * Whether one is called about tasks for which one asked for a call. Nobody is who did not say so here, nor whose number
 * is of a country that is never called: they are told.
 */
export function ReminderCalls({ csrf, account, onChanged }: Props) {
  const { busy, said, save } = useSaving(onChanged)
  const how = useId()
  const where = useId()
  const countries = LIST.format(account.called_countries.map((code) => COUNTRY.of(code) ?? code))
  return (
    <div className="consent">
      <label>
        <input
          type="checkbox"
          aria-describedby={`${how} ${where}`}
          checked={account.reminder_calls}
          disabled={busy}
          onChange={({ target: { checked } }) => void save(() => changeReminderCalls(csrf, checked))}
        />
        {words.reminders.callMe}
      </label>
      <p id={how}>{words.reminders.how}</p>
      <p id={where}>
        {words.reminders.where(countries)}{' '}
        {account.phone_called === false && <strong>{words.reminders.notYours}</strong>}
      </p>
      <p className="said" role="status">
        {said}
      </p>
    </div>
  )
}
