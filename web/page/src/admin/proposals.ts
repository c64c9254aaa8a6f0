/** Changes of the policy as they are sent: the address that makes one, with `/effect` after it, says what it would do. */
import { words } from '../words'
import type { Cap, Changes } from './adminApi'

export interface Proposal {
  title: string
  method: 'POST' | 'PUT' | 'PATCH'
  path: string
  /** With `expected`, the version that was looked at. */
  body: { expected: string } & Record<string, unknown>
  /** What holds for such a change, whatever calls go on. */
  about?: string
}

const EXPERIMENTS = '/api/admin/experiments'

export const policyChange = (expected: string, title: string, changes: Changes): Proposal => ({
  title,
  method: 'PATCH',
  path: '/api/admin/policy',
  body: { expected, changes },
})

/** Without any caps somebody's own go. */
export const capsChange = (expected: string, whose: string, caps: Record<string, Cap>): Proposal => {
  const name = whose === 'global' ? words.caps.everybody : whose
  return {
    title: Object.keys(caps).length ? words.caps.changeWhose(name) : words.caps.clearWhose(name),
    method: 'PUT',
    path: '/api/admin/budget',
    body: { expected, whose, caps },
    about: words.caps.later,
  }
}

export interface NewExperiment {
  name: string
  hypothesis: string
  arms: { name: string; stack: string; weight: number }[]
  plan: string | null
  channel: string | null
  coverage: number
  worth: number
  success_margin: number
  latency_margin_ms: number
  start: boolean
}

export const experimentCreation = (expected: string, wanted: NewExperiment): Proposal => ({
  title: words.experiments.createNamed(wanted.name),
  method: 'POST',
  path: EXPERIMENTS,
  body: { expected, ...wanted },
  about: wanted.start ? words.experiments.createStarted : words.experiments.createText,
})

export const experimentTurn = (expected: string, name: string, action: 'start' | 'stop'): Proposal => ({
  title: action === 'start' ? words.experiments.startNamed(name) : words.experiments.stopNamed(name),
  method: 'POST',
  path: `${EXPERIMENTS}/${encodeURIComponent(name)}/${action}`,
  body: { expected },
  about: action === 'start' ? words.experiments.startText : words.experiments.stopText,
})

export const experimentWeights = (
  expected: string,
  name: string,
  weights: Record<string, number>,
  running: boolean,
): Proposal => ({
  title: words.experiments.weighNamed(name),
  method: 'PUT',
  path: `${EXPERIMENTS}/${encodeURIComponent(name)}/weights`,
  body: { expected, weights },
  about: running ? words.experiments.weighRunning : words.experiments.weighStill,
})
