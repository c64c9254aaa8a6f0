import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'

import { demo } from './account/demo'
import { ADMIN } from './admin/useHash'
import { type Account, ApiError, signOut } from './api'
import { Brand } from './Brand'
import type { Why } from './call/ending'
import { type Ended, Idle } from './call/Idle'
import { takeKeptCall } from './call/keptCall'
import { OtherTabs } from './call/otherTabs'
import type { Rejoin } from './call/rejoin'
import { SandboxPanel } from './sandbox/SandboxPanel'
import { SIGNED_IN, SIGNED_OUT } from './session'
import { TaskPanel } from './tasks/TaskPanel'
import { useTasks } from './tasks/useTasks'
import { useTitle } from './useTitle'
import { words } from './words'

// Most of the bundle is WebRTC: it comes while somebody looks at their tasks, not before they can sign in.
const loadCall = () => import('./call/Call')
const Call = lazy(loadCall)
const CallsPage = lazy(() => import('./calls/CallsPage').then((page) => ({ default: page.CallsPage })))
const AccountPage = lazy(() => import('./account/AccountPage').then((page) => ({ default: page.AccountPage })))

interface Props {
  account: Account
  /** Hears whether there is a call, which ends with this page. */
  onCall: (on: boolean) => void
  onSignedOut: (why?: string) => void
}

/** The signed-in page: the conversation on one side, the tasks on the other. */
export function Home({ account, onCall, onSignedOut }: Props) {
  const [call, setCall] = useState<{ key: number; rejoin: Rejoin | null } | null>(null)
  const inCall = useRef(false)
  inCall.current = call !== null
  /** The session is over, and the call, which needs none, is not. */
  const [outlived, setOutlived] = useState(false)
  const leaveNow = useCallback(() => onSignedOut(words.common.signedOut), [onSignedOut])
  const signedOut = useCallback(() => (inCall.current ? setOutlived(true) : leaveNow()), [leaveNow])
  const tasks = useTasks(signedOut, !outlived)
  const [leaving, setLeaving] = useState(false)
  const [stillIn, setStillIn] = useState<string | null>(null)
  const [ended, setEnded] = useState<Ended | null>(null)
  const [elsewhere, setElsewhere] = useState<string | null>(null)
  const [zone, setZone] = useState(account.user.time_zone)
  const [place, setPlace] = useState<'home' | 'account' | 'calls'>('home')
  const [shown, setShown] = useState<'talk' | 'tasks'>('talk')
  const tabs = useRef<OtherTabs | null>(null)
  /** The call of this tab. */
  const mine = useRef<{ callId: string | null }>({ callId: null })
  const [draft, setDraft] = useState('')
  const links = useRef<HTMLDivElement>(null)
  const wasAt = useRef(place)
  useTitle(place === 'home' ? (call && words.call.name) : null)

  const busy = call !== null
  useEffect(() => {
    onCall(busy)
    return () => onCall(false)
  }, [busy, onCall])
  useEffect(() => {
    // Back on the button that led away.
    if (place === 'home') links.current?.querySelector<HTMLElement>(`[name='${wasAt.current}']`)?.focus()
    wasAt.current = place
  }, [place])

  useEffect(() => {
    const back = () => setOutlived(false)
    addEventListener(SIGNED_OUT, signedOut)
    addEventListener(SIGNED_IN, back)
    return () => {
      removeEventListener(SIGNED_OUT, signedOut)
      removeEventListener(SIGNED_IN, back)
    }
  }, [signedOut])

  useEffect(() => {
    const others = new OtherTabs(setElsewhere)
    tabs.current = others
    loadCall().catch(() => undefined) // told when it is needed
    return () => others.close()
  }, [])

  const begin = useCallback((rejoin: Rejoin | null) => {
    setEnded(null)
    setShown('talk')
    mine.current = { callId: null }
    setCall((before) => ({ key: (before?.key ?? 0) + 1, rejoin }))
  }, [])

  useEffect(() => {
    const kept = takeKeptCall()
    if (kept) begin(kept)
  }, [begin])

  const onConnected = useCallback((callId: string) => {
    setElsewhere(null)
    mine.current.callId = callId
    setDraft('')
    tabs.current?.has(callId)
  }, [])

  const { refresh } = tasks
  const onOver = useCallback(
    (why: Why) => {
      tabs.current?.hasNone(why.kind === 'moved')
      setCall(null)
      if (outlived) {
        leaveNow()
        return
      }
      setEnded({ why, callId: why.kind === 'moved' ? null : mine.current.callId, unsent: [] })
      refresh()
    },
    [refresh, outlived, leaveNow],
  )

  const show = useCallback(() => setShown('talk'), [])

  const onUnsent = useCallback((unsent: string[]) => {
    if (unsent.length === 0) return
    setDraft(unsent.join(' '))
    setEnded((before) => before && { ...before, unsent })
  }, [])

  async function leave() {
    if (call) onOver({ kind: 'hung-up' })
    setLeaving(true)
    setStillIn(null)
    try {
      await signOut(account.csrf)
      onSignedOut()
    } catch (error) {
      // The cookie lives on: a form to sign in would only look as if nobody were.
      if (error instanceof ApiError && error.status === 401) onSignedOut()
      else setStillIn(error instanceof ApiError ? error.message : words.common.failed)
      setLeaving(false)
    }
  }

  if (place !== 'home') {
    return (
      <Suspense fallback={<p className="quiet">{words.common.moment}</p>}>
        {place === 'calls' ? (
          <CallsPage csrf={account.csrf} onClose={() => setPlace('home')} onSignedOut={signedOut} />
        ) : (
          <AccountPage
            csrf={account.csrf}
            onClose={() => setPlace('home')}
            onZone={(name) => {
              setZone(name)
              refresh()
            }}
            onErased={onSignedOut}
            onSignedOut={signedOut}
          />
        )}
      </Suspense>
    )
  }
  return (
    <div className="home" data-shown={shown}>
      <header className="top">
        <Brand />
        <div className="me" ref={links}>
          <span className="email">{account.user.email}</span>
          {/* A call goes on in its own place: nobody leaves it by looking at their account. */}
          <button name="calls" className="plain" disabled={busy} onClick={() => setPlace('calls')}>
            {words.home.calls}
          </button>
          <button name="account" className="plain" disabled={busy} onClick={() => setPlace('account')}>
            {words.home.account}
          </button>
          {account.user.role === 'admin' && !call && <a href={ADMIN}>{words.home.admin}</a>}
          <button className="plain" disabled={leaving} onClick={() => void leave()}>
            {words.home.signOut}
          </button>
        </div>
        {stillIn && (
          <div className="notice bad" role="alert">
            <p>{words.home.stillIn(stillIn)}</p>
            <button onClick={() => void leave()}>{words.common.again}</button>
          </div>
        )}
        {outlived && (
          <p className="notice" role="status">
            {words.home.callGoesOn}
          </p>
        )}
      </header>
      <div className="switch" role="group" aria-label={words.home.shown}>
        <button aria-pressed={shown === 'talk'} onClick={() => setShown('talk')}>
          {words.home.talk}
        </button>
        <button aria-pressed={shown === 'tasks'} onClick={() => setShown('tasks')}>
          {words.home.tasks} <span className="count">{tasks.loaded ? tasks.total : '\u00a0'}</span>
        </button>
      </div>
      <main className="talk">
        {call ? (
          <Suspense fallback={<p className="quiet">{words.common.moment}</p>}>
            <Call
              key={call.key}
              csrf={account.csrf}
              rejoin={call.rejoin}
              draft={draft}
              shown={shown === 'talk'}
              onShow={show}
              onConnected={onConnected}
              onChanged={refresh}
              onOver={onOver}
              onUnsent={onUnsent}
              onRetry={() => begin(null)}
              onSignedOut={leaveNow}
            />
          </Suspense>
        ) : (
          <Idle
            csrf={account.csrf}
            ended={ended}
            elsewhere={elsewhere}
            onStart={(callId) => begin(callId ? { callId, held: null, unasked: false } : null)}
          />
        )}
      </main>
      <aside className="side">
        <TaskPanel csrf={account.csrf} tasks={tasks} timeZone={zone} />
        {/* Below the tasks: it comes with them, so that they do not push it down. */}
        {account.sandbox && (tasks.loaded || tasks.trouble) && <SandboxPanel csrf={account.csrf} />}
      </aside>
      <footer className="foot">
        <p>{words.home.notice}</p>
        {(account.user.role === 'admin' || demo()) && (
          <a href="/status" target={busy ? '_blank' : undefined} rel="noreferrer">
            {words.home.status}
          </a>
        )}
      </footer>
    </div>
  )
}
