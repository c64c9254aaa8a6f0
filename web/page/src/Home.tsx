import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'

import { type Account, signOut } from './api'
import { Brand } from './Brand'
import type { Why } from './call/ending'
import { Idle } from './call/Idle'
import { takeKeptCall } from './call/keptCall'
import { OtherTabs } from './call/otherTabs'
import type { Rejoin } from './call/rejoin'
import { SandboxPanel } from './sandbox/SandboxPanel'
import { TaskPanel } from './tasks/TaskPanel'
import { useTasks } from './tasks/useTasks'

// Most of the bundle is WebRTC: it comes while somebody looks at their tasks, not before they can sign in.
const loadCall = () => import('./call/Call')
const Call = lazy(loadCall)
const AccountPage = lazy(() => import('./account/AccountPage').then((page) => ({ default: page.AccountPage })))

interface Props {
  account: Account
  onSignedOut: (why?: string) => void
}

/** The signed-in page: the conversation on one side, the tasks on the other. */
export function Home({ account, onSignedOut }: Props) {
  const signedOut = useCallback(
    () => onSignedOut('You have been signed out. Sign in again to go on.'),
    [onSignedOut],
  )
  const tasks = useTasks(signedOut)
  const [call, setCall] = useState<{ key: number; rejoin: Rejoin | null } | null>(null)
  const [ended, setEnded] = useState<Why | null>(null)
  const [elsewhere, setElsewhere] = useState<string | null>(null)
  const [zone, setZone] = useState(account.user.time_zone)
  const [inAccount, setInAccount] = useState(false)
  const [shown, setShown] = useState<'talk' | 'tasks'>('talk')
  const tabs = useRef<OtherTabs | null>(null)

  useEffect(() => {
    const mine = new OtherTabs(setElsewhere)
    tabs.current = mine
    void loadCall()
    return () => mine.close()
  }, [])

  const begin = useCallback((rejoin: Rejoin | null) => {
    setEnded(null)
    setShown('talk')
    setCall((before) => ({ key: (before?.key ?? 0) + 1, rejoin }))
  }, [])

  useEffect(() => {
    const kept = takeKeptCall()
    if (kept) begin(kept)
  }, [begin])

  const onConnected = useCallback((callId: string) => {
    setElsewhere(null)
    tabs.current?.has(callId)
  }, [])

  const { refresh } = tasks
  const onOver = useCallback(
    (why: Why) => {
      tabs.current?.hasNone(why.kind === 'moved')
      setCall(null)
      setEnded(why)
      refresh()
    },
    [refresh],
  )

  async function leave() {
    setCall(null)
    await signOut(account.csrf).catch(() => undefined)
    onSignedOut()
  }

  if (inAccount) {
    return (
      <Suspense fallback={<p className="quiet">One moment…</p>}>
        <AccountPage
          csrf={account.csrf}
          onClose={() => setInAccount(false)}
          onZone={(name) => {
            setZone(name)
            refresh()
          }}
          onErased={onSignedOut}
          onSignedOut={signedOut}
        />
      </Suspense>
    )
  }
  return (
    <div className="home" data-shown={shown}>
      <header className="top">
        <Brand />
        <div className="me">
          <span className="email">{account.user.email}</span>
          {/* A call goes on in its own place: nobody leaves it by looking at their account. */}
          <button className="plain" disabled={call !== null} onClick={() => setInAccount(true)}>
            Account
          </button>
          <button className="plain" onClick={() => void leave()}>
            Sign out
          </button>
        </div>
      </header>
      <div className="switch" role="group" aria-label="What is shown">
        <button aria-pressed={shown === 'talk'} onClick={() => setShown('talk')}>
          Talk
        </button>
        <button aria-pressed={shown === 'tasks'} onClick={() => setShown('tasks')}>
          Tasks <span className="count">{tasks.loaded ? tasks.open.length : ''}</span>
        </button>
      </div>
      <main className="talk">
        {call ? (
          <Suspense fallback={<p className="quiet">One moment…</p>}>
            <Call
              key={call.key}
              csrf={account.csrf}
              rejoin={call.rejoin}
              onConnected={onConnected}
              onChanged={refresh}
              onOver={onOver}
              onRetry={() => begin(null)}
              onSignedOut={signedOut}
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
        <TaskPanel tasks={tasks} timeZone={zone} />
        {/* Below the tasks: it comes with them, so that they do not push it down. */}
        {account.sandbox && (tasks.loaded || tasks.trouble) && <SandboxPanel csrf={account.csrf} />}
      </aside>
      <footer className="foot">
        <p>You talk to an AI assistant. It can be wrong, and it asks before it completes or deletes a task. It
          cannot call emergency services.</p>
        <a href="/status">Status</a>
      </footer>
    </div>
  )
}
