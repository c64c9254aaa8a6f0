import { useCallback, useState } from 'react'

import { ApiError } from '../api'
import { breakNow, type Fault, heal, listFaults, SERVICES } from './faults'
import './sandbox.css'
import { words } from '../words'

/** Breaking the sandbox's vendors, so that anybody can watch a call survive it. Collapsed until it is wanted. */
export function SandboxPanel({ csrf }: { csrf: string }) {
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  const run = useCallback(async (request: () => Promise<Fault[]>) => {
    setBusy(true)
    try {
      setFaults(await request())
      setProblem(null)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : words.common.failed)
    } finally {
      setBusy(false)
    }
  }, [])

  return (
    <details className="sandbox" onToggle={({ currentTarget: { open } }) => open && void run(listFaults)}>
      <summary>{words.faults.title}</summary>
      <p>{words.faults.lead}</p>
      <ul>
        {SERVICES.map((service) => {
          const kinds = faults.filter((fault) => fault.service === service).map(({ kind }) => kind)
          return (
            <li key={service}>
              <span id={`sandbox-${service}`}>{words.faults.services[service]}</span>
              <span className="shown" role="status">
                {kinds.length > 0 ? wordsFor(kinds) : words.faults.works}
              </span>
              <span role="group" aria-labelledby={`sandbox-${service}`}>
                <button disabled={busy} onClick={() => void run(() => breakNow(csrf, service, 'cut'))}>
                  {words.faults.break}
                </button>
                <button disabled={busy} onClick={() => void run(() => breakNow(csrf, service, 'silent'))}>
                  {words.faults.silence}
                </button>
                <button disabled={busy || kinds.length === 0} onClick={() => void run(() => heal(csrf, service))}>
                  {words.faults.heal}
                </button>
              </span>
            </li>
          )
        })}
      </ul>
      {problem && <p role="alert">{problem}</p>}
    </details>
  )
}

function wordsFor(kinds: string[]): string {
  return kinds.map((kind) => (kind === 'cut' ? words.faults.broken : kind)).join(', ')
}
