import { type FormEvent, useId, useState } from 'react'

import { type AccountState, changeAccount } from '../api'
import { useSaving } from './useSaving'
import { words } from '../words'

/** All zones that the browser knows; the account's own is among them in any case. */
function zones(own: string): string[] {
  const known = Intl.supportedValuesOf('timeZone')
  return known.includes(own) ? known : [own, ...known]
}

interface Props {
  csrf: string
  zone: string
  onChanged: (account: AccountState) => void
}

export function TimeZone({ csrf, zone, onChanged }: Props) {
  const [chosen, setChosen] = useState(zone)
  const { busy, said, save } = useSaving(onChanged)
  const field = useId()
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    void save(() => changeAccount(csrf, { time_zone: chosen }))
  }

  return (
    <form className="setting" onSubmit={onSubmit}>
      <label htmlFor={field}>{words.account.zone}</label>
      <p className="quiet">{words.account.zoneHint}</p>
      <div className="row">
        <select id={field} value={chosen} onChange={(event) => setChosen(event.target.value)}>
          {zones(zone).map((name) => (
            <option key={name} value={name}>
              {name.replaceAll('_', ' ')}
            </option>
          ))}
        </select>
        <button type="submit" disabled={busy || chosen === zone}>
          {words.common.save}
        </button>
      </div>
      {here !== chosen && (
        <button type="button" className="plain" onClick={() => setChosen(here)}>
          {words.account.zoneHere(here.replaceAll('_', ' '))}
        </button>
      )}
      <p className="said" role="status">
        {said}
      </p>
    </form>
  )
}
