/** What the server says to admins, and what they tell it. */
import { ApiError, ask, download, post } from '../api'
import { words } from '../words'
import type { Proposal } from './proposals'

export interface LiveCall {
  call_id: string
  began_ms: number | null
  channel: string
  plan: string
  stack: string | null
  tier: string | null
  reason: string
  arm: string
  policy_version: string
  cost_microdollars: number
  held_microdollars: number
}
export interface LiveList {
  sandbox: boolean
  now_ms: number | null
  calls: LiveCall[]
  why_behind: string
}
export interface Cap {
  premium: number
  total: number
}
export interface Policy {
  version: string
  premium: string[]
  economy: string[]
  local_enabled: boolean
  tiers_off: string[]
  stacks_off: string[]
  caps: Record<string, Cap>
}
export interface InForce {
  version: string
  in_redis: string | null
  policy: Policy
  stacks: Record<string, string>
}
export interface Difference {
  path: string
  before: unknown
  after: unknown
}
export interface Move {
  call_id: string
  before: string | null
  after: string | null
}
export interface Effect {
  version: string
  changes: Difference[]
  live: number
  moves: Move[]
  /** Phases of experiments that begin. */
  phases: { experiment: string; phase: number }[]
  why_behind: string
}
export interface Written {
  version: string
  told_redis: boolean
}
export interface Version {
  version: string
  at_ms: number
  author: string
  by: string
  note: string
  changes: Difference[]
}
export interface Scope {
  scope: string
  kind: string
  premium_cap: number
  total_cap: number
  premium_committed: number | null
  premium_held: number | null
  committed: number | null
  held: number | null
  premium_overshoot: number | null
  overshoot: number | null
  premium_blind: number | null
  blind: number | null
  premium_journal: number
  journal: number
}
export interface BudgetState {
  sandbox: boolean
  whose: string
  version: string
  own_caps: boolean
  caps: Record<string, Cap>
  scopes: Scope[]
  redis_answers: boolean
}
export interface DayCost {
  day: string
  stack: string
  channel: string
  arm: string
  demo: boolean
  microdollars: number
  calls: number
}
export interface Costs {
  sandbox: boolean
  days: number
  rows: DayCost[]
}
export interface FoundCall {
  call_id: string
  subject: string
  first_ms: number
  last_ms: number
  cost_microdollars: number
  decisions: number
  channel: string
  plan: string
  stacks: string[]
  arm: string
  demo: boolean
}
export interface FoundCalls {
  sandbox: boolean
  calls: FoundCall[]
  more: boolean
}
export interface ServiceHealth {
  service: string
  state: 'closed' | 'open' | 'half_open'
  failures: number
  fault: string
  since_ms: number | null
  retry_ms: number | null
}
export interface Turned {
  service: string
  at_ms: number
  turned: 'opened' | 'still_open' | 'closed'
  fault: string
  cool_ms: number
}
/** A model that its vendor shuts down within 60 days, or did; days are `YYYY-MM-DD`. */
export interface ModelShutdown {
  vendor: string
  model: string
  day: string
  days_left: number
  successor: string | null
  since: string | null
  succeeded: boolean
}
export interface HealthState {
  sandbox: boolean
  now_ms: number
  services: ServiceHealth[]
  turns: Turned[]
  shutdowns: ModelShutdown[]
}
export interface AuditEntry {
  id: number
  at: string
  user_id: string | null
  actor: string
  event: string
  details: string
  whose: string
  by: string
}
export type EntryKind = 'charge' | 'lease' | 'decision' | 'outcome' | 'event'
export interface JournalEntry {
  operation: string
  kind: EntryKind
  at_ms: number
  call_id: string
  tier: string
  microdollars: number
  blind: boolean
  what: string
  demo: boolean
}
export interface Entries {
  sandbox: boolean
  entries: JournalEntry[]
  more: boolean
}
export interface ModelDrift {
  vendor: string
  model: string
  invoiced: number
  journal: number
  drift_before: number
  drift: number
  drift_percent: number | null
  settled: number
  corrected: number
  not_in_journal: number
  not_in_export: number
}
/** What a vendor's export leads to. */
export interface Reconciled {
  sandbox: boolean
  form: string
  /** Names these corrections. */
  settlement: string
  corrections: number
  models: ModelDrift[]
  notes: string[]
}
export interface Person {
  id: string
  email: string
  plan: 'premium' | 'economy'
  role: string
  time_zone: string
}
export interface Persons {
  users: Person[]
  more: boolean
}
export interface Proof {
  complete: boolean
  digest: string
  at: string
  steps: { place: string; removed: Record<string, number>; left: number | null; note: string }[]
}
export interface Arm {
  name: string
  stack: string
  weight: number
}
export interface Experiment {
  hypothesis: string
  arms: Arm[]
  plan: string | null
  channel: string | null
  coverage: number
  state: 'draft' | 'running' | 'stopped'
  phase: number
}
export interface Experiments {
  policy_version: string
  experiments: { name: string; experiment: Experiment }[]
}
export interface Interval {
  value: number
  low: number
  high: number
}
export interface ArmFigures {
  arm: string
  stack: string
  users: number
  calls: number
  as_assigned: number
  microdollars: number
  tasks: number
  successes: number
  microdollars_per_success: number | null
  success_rate: number | null
  slow_ms: number | null
}
export interface Report {
  sandbox: boolean
  name: string
  phase: number
  calls: number
  users: number
  waiting: number
  sample_ratio_p: number
  sample_ratio_holds: boolean
  arms: ArmFigures[]
  looks: { calls: number; arm: string; saving: Interval }[]
  sentences: string[]
}

export type Changes = Record<string, unknown>

/** Somebody else changed the policy first: what is different from what was looked at. */
export class Conflict extends Error {
  constructor(
    readonly version: string,
    readonly difference: Difference[],
  ) {
    super(words.change.conflict(version))
  }
}

/** Sends a change; a conflict comes as one, with its difference. */
export async function send<T>(method: string, path: string, csrf: string, body: unknown, withinMs?: number): Promise<T> {
  try {
    return await ask<T>(path, { ...post(body, csrf), method }, withinMs)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error
    const said = error.body as { version?: string; difference?: Difference[] } | null
    throw said?.version ? new Conflict(said.version, said.difference ?? []) : error
  }
}

export const effectOf = (csrf: string, { path, body }: Proposal) => send<Effect>('POST', `${path}/effect`, csrf, body)

/** Does what was proposed; `note` says why, for the history. */
export async function carryOut(csrf: string, { method, path, body }: Proposal, note: string): Promise<Written> {
  const { told_redis, ...said } = await send<Said>(method, path, csrf, { ...body, note })
  return { version: said.version ?? said.policy_version ?? '', told_redis }
}

/** An experiment's answer names the policy's version in full. */
interface Said {
  version?: string
  policy_version?: string
  told_redis: boolean
}

/** Erases somebody; it waits for calls that go on to end. `confirm` says whom once more. */
export const erase = (csrf: string, user: string, confirm: string) =>
  send<Proof>('POST', '/api/admin/erase', csrf, { user, confirm }, 120_000)

/** All that is kept of somebody. */
export const exportOf = (csrf: string, user: string) => download('/api/admin/export', post({ user }, csrf), 120_000)

const exported = (csrf: string, file: File): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
  body: file,
})

/** How far the journal is from a vendor's export, and what would be settled by it. */
export const compared = (csrf: string, file: File, whole: boolean) =>
  ask<Reconciled>(`/api/admin/reconcile/effect?whole=${whole}`, exported(csrf, file), 120_000)

/** Settles what was looked at, and nothing else. */
export const settle = (csrf: string, file: File, { settlement }: Reconciled, whole: boolean) =>
  ask<Reconciled>(
    `/api/admin/reconcile?expected=${encodeURIComponent(settlement)}&whole=${whole}`,
    exported(csrf, file),
    120_000,
  )

export const storyOf = (callId: string) => `/api/admin/calls/${encodeURIComponent(callId)}/story.html`

/** What went wrong, in words. */
export function wordsOf(error: unknown): string {
  return error instanceof ApiError || error instanceof Conflict ? error.message : words.common.failed
}
