import { useCallback, useEffect, useState } from 'react'

import { type AccountState, accountOf, ApiError } from '../api'
import { EraseAccount } from './EraseAccount'
import { OwnPage } from './OwnPage'
import { PhoneNumber } from './PhoneNumber'
import { PhonePin } from './PhonePin'
import { ReminderCalls } from './ReminderCalls'
import { TimeZone } from './TimeZone'
import { TranscriptConsent } from './TranscriptConsent'
import { words } from '../words'

interface Props {
  csrf: string
  onClose: () => void
  /** The zone is another one: what is shown of tasks follows it. */
  onZone: (zone: string) => void
  onErased: (why: string) => void
  onSignedOut: () => void
}

/** One's own account: what may be changed of it, what is kept, and both ways to take it along or away. */
export function AccountPage({ csrf, onClose, onZone, onErased, onSignedOut }: Props) {
  const [account, setAccount] = useState<AccountState | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  const look = useCallback(async () => {
    setProblem(null)
    try {
      setAccount(await accountOf())
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) onSignedOut()
      setProblem(error instanceof ApiError ? error.message : words.common.failed)
    }
  }, [onSignedOut])
  useEffect(() => void look(), [look])

  return (
    <OwnPage
      title={words.account.title}
      problem={problem}
      onRetry={() => void look()}
      onClose={onClose}
    >
      {account && (
        <>
          <section className="card facts" aria-label={words.account.name}>
            <dl>
              <dt>{words.account.email}</dt>
              <dd>{account.email}</dd>
              <dt>{words.account.plan}</dt>
              <dd>{words.account.plans[account.plan]}</dd>
              <dt>{words.account.signIn}</dt>
              <dd>{account.sign_in.map((way) => (way === 'password' ? words.account.password : way)).join(words.account.or)}</dd>
            </dl>
          </section>
          <section className="card" aria-label={words.account.settings}>
            <TimeZone
              csrf={csrf}
              zone={account.time_zone}
              onChanged={(changed) => {
                setAccount(changed)
                onZone(changed.time_zone)
              }}
            />
            <PhoneNumber csrf={csrf} phone={account.phone} onChanged={setAccount} />
            <PhonePin csrf={csrf} account={account} onChanged={setAccount} />
            <ReminderCalls csrf={csrf} account={account} onChanged={setAccount} />
          </section>
          <section className="card" aria-labelledby="transcripts">
            <h2 id="transcripts">{words.account.transcripts}</h2>
            <TranscriptConsent csrf={csrf} />
          </section>
          <section className="card" aria-labelledby="export">
            <h2 id="export">{words.account.everything}</h2>
            <p>{words.account.everythingText}</p>
            <p>
              <a className="button" href="/api/export" download="voicetasks-export.json">
                {words.account.download}
              </a>
            </p>
          </section>
          <EraseAccount csrf={csrf} email={account.email} onErased={onErased} />
        </>
      )}
    </OwnPage>
  )
}
