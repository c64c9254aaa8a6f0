import { type ReactNode, useRef, useState } from 'react'

import { words } from '../words'
import { wordsOf } from './adminApi'
import { Dialog } from './Dialog'
import { Problem } from './Problem'

interface Props {
  /** It names whom it is about. */
  title: string
  doIt: string
  /** Does it; answers what to tell when it is done. */
  act: () => Promise<string>
  /** What is still missing before it can be done. */
  missing?: boolean
  danger?: boolean
  /** With what `act` answered, or with nothing where it was not done. */
  onClose: (said: string) => void
  children: ReactNode
}

/** Asks before something is done to somebody's account. */
export function AskedDialog({ title, doIt, act, missing, danger, onClose, children }: Props) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const said = useRef('')

  async function carryOut(close: () => void) {
    setBusy(true)
    setProblem(null)
    try {
      said.current = await act()
      close()
    } catch (error) {
      setProblem(wordsOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} busy={busy} onClose={() => onClose(said.current)}>
      {(close) => (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void carryOut(close)
          }}
        >
          {children}
          <Problem text={problem} />
          <div className="row">
            <button type="submit" className={danger ? 'danger' : 'primary'} disabled={busy || missing}>
              {busy ? words.people.working : doIt}
            </button>
            <button type="button" disabled={busy} onClick={close}>
              {words.people.leave}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
