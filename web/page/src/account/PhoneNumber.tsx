import { type FormEvent, useEffect, useId, useState } from 'react'

import { type AccountState, changeAccount } from '../api'
import { useSaving } from './useSaving'
import { words } from '../words'

interface Props {
  csrf: string
  phone: AccountState['phone']
  onChanged: (account: AccountState) => void
}

export function PhoneNumber({ csrf, phone, onChanged }: Props) {
  const [number, setNumber] = useState(phone?.number ?? '')
  const { busy, said, save } = useSaving((account) => {
    setNumber(account.phone?.number ?? '')
    onChanged(account)
  })
  const field = useId()
  const kept = phone?.number ?? ''
  // A telephone may have been linked meanwhile.
  useEffect(() => setNumber(kept), [kept])

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    void save(() => changeAccount(csrf, { phone: number.trim() || null }))
  }

  return (
    <form className="setting" onSubmit={onSubmit} noValidate>
      <label htmlFor={field}>{words.account.phone}</label>
      <p className="quiet">
        {phone && !phone.verified_at ? words.account.phoneUnverified : words.account.phoneHint}
      </p>
      <div className="row">
        <input
          id={field}
          type="tel"
          autoComplete="tel"
          maxLength={40}
          value={number}
          onChange={(event) => setNumber(event.target.value)}
        />
        <button type="submit" disabled={busy || number.trim() === kept}>
          {words.common.save}
        </button>
      </div>
      <p className="said" role="status">
        {said}
      </p>
    </form>
  )
}
