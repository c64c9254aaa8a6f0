import { useCallback, useEffect, useRef } from 'react'

import type { Account } from '../api'
import { Brand } from '../Brand'
import { SIGNED_OUT } from '../session'
import { useTitle } from '../useTitle'
import { words } from '../words'
import { Calls } from './Calls'
import { ExperimentsPage } from './ExperimentsPage'
import { JournalPage } from './JournalPage'
import { Live } from './Live'
import { Money } from './Money'
import { PeoplePage } from './PeoplePage'
import { PolicyPage } from './PolicyPage'
import { Trail } from './Trail'
import { ADMIN } from './useHash'
import { Vendors } from './Vendors'
import './admin.css'

interface Props {
  account: Account
  /** Which page, by its name in the address. */
  place: string
  onSignedOut: (why?: string) => void
}

const PLACES = words.console.places
type Place = keyof typeof PLACES

/** The console of those who run the product. */
export function Admin({ account, place, onSignedOut }: Props) {
  const here: Place = place in PLACES ? (place as Place) : 'live'
  useTitle(PLACES[here])
  const title = useRef<HTMLHeadingElement>(null)
  const links = useRef<HTMLElement>(null)
  const came = useRef(false)
  const signedOut = useCallback(() => onSignedOut(words.common.signedOut), [onSignedOut])

  useEffect(() => {
    // Who changes the page by keys or hears it is told where they are.
    if (came.current) title.current?.focus()
    came.current = true
    // On a narrow screen the row of pages is longer than what is seen of it.
    links.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' })
  }, [here])

  useEffect(() => {
    // Whatever asked, a dialog too: who is signed out signs in again.
    addEventListener(SIGNED_OUT, signedOut)
    return () => removeEventListener(SIGNED_OUT, signedOut)
  }, [signedOut])

  const { csrf } = account
  const pages: Record<Place, () => React.ReactNode> = {
    live: () => <Live onSignedOut={signedOut} />,
    policy: () => <PolicyPage csrf={csrf} onSignedOut={signedOut} />,
    money: () => <Money csrf={csrf} onSignedOut={signedOut} />,
    calls: () => <Calls onSignedOut={signedOut} />,
    experiments: () => <ExperimentsPage csrf={csrf} onSignedOut={signedOut} />,
    vendors: () => <Vendors onSignedOut={signedOut} />,
    journal: () => <JournalPage csrf={csrf} onSignedOut={signedOut} />,
    people: () => <PeoplePage csrf={csrf} me={account.user.email} onSignedOut={signedOut} />,
    audit: () => <Trail onSignedOut={signedOut} />,
  }
  return (
    <div className="admin">
      <header className="top">
        <Brand />
        <div className="me">
          <span className="email">{account.user.email}</span>
          <a href="#">{words.console.back}</a>
        </div>
      </header>
      <nav ref={links} aria-label={words.console.name}>
        <ul>
          {(Object.keys(PLACES) as Place[]).map((name) => (
            <li key={name}>
              <a href={`${ADMIN}/${name}`} aria-current={name === here ? 'page' : undefined}>
                {PLACES[name]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        <h1 ref={title} tabIndex={-1}>
          {PLACES[here]}
        </h1>
        {pages[here]()}
      </main>
    </div>
  )
}
