/** The server's API: one shape of errors, and the CSRF token on every request that changes something. */

import { noteServersTime } from './serverClock'
import { isStillOf, tellSignedOut, tokenNow } from './session'
import { words } from './words'

export interface User {
  email: string
  plan: 'premium' | 'economy'
  role: string
  time_zone: string
}

export interface Account {
  csrf: string
  user: User
  /** The vendors are stand-ins that this page may break. */
  sandbox: boolean
}

export interface CallMade {
  call_id: string
  url: string
  token: string
  room: string
}

export interface Task {
  id: string
  title: string
  due: string | null
  due_spoken: string | null
  status: 'open' | 'done'
  version: number
  /** What follows is only there when it says something. */
  priority?: 'high' | 'low'
  list_name?: string
  tags?: string[]
  /** How it repeats, in words. */
  repeats?: string
}

/** A refusal or a silence: `code` is the server's, or `offline` when nothing answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** All that the server said. */
    readonly body: unknown = null,
  ) {
    super(message)
  }
}

export async function ask<T>(path: string, init: RequestInit = {}, withinMs = 20_000): Promise<T> {
  const answer = await fetched(path, init, withinMs)
  if (answer.status === 204) return undefined as T
  try {
    return (await answer.json()) as T
  } catch {
    // Broken off, or written by something else on the way: nobody has answered.
    throw new ApiError(0, 'offline', words.common.offline)
  }
}

/** What is answered as a file. */
export const download = async (path: string, init: RequestInit, withinMs: number): Promise<Blob> =>
  (await fetched(path, init, withinMs)).blob()

const TOKEN = 'X-CSRF-Token'

async function fetched(path: string, init: RequestInit, withinMs: number): Promise<Response> {
  const answer = await sent(path, init, withinMs)
  if (answer.ok) return answer
  const refused = await refusalOf(answer)
  if (refused.code !== 'csrf') throw refused
  // Another tab has signed in anew. Its token does for the same person; nothing was changed by what was refused.
  if (!(await whoAmI())) throw new ApiError(401, 'unauthorized', words.common.signedOut)
  const again = await sent(path, init, withinMs)
  if (!again.ok) throw await refusalOf(again)
  return again
}

async function sent(path: string, init: RequestInit, withinMs: number): Promise<Response> {
  const headers = new Headers(init.headers)
  const given = headers.get(TOKEN)
  if (given) headers.set(TOKEN, tokenNow(given))
  let answer: Response
  try {
    answer = await fetch(path, { ...init, headers, credentials: 'same-origin', signal: AbortSignal.timeout(withinMs) })
  } catch {
    throw new ApiError(0, 'offline', words.common.offline)
  }
  noteServersTime(answer)
  if (answer.status === 401) tellSignedOut()
  return answer
}

const refusalOf = async (answer: Response) => refusal(answer.status, await answer.json().catch(() => null))

function refusal(status: number, body: unknown): ApiError {
  const error = (body as { error?: { code?: string; message?: string; fix?: string } } | null)?.error
  const told = [error?.message, status < 500 ? error?.fix : undefined].filter(Boolean).join(' ')
  return new ApiError(status, error?.code ?? 'unknown', told || words.common.ourFault, body)
}

export function post(body: unknown, csrf?: string): RequestInit {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (csrf) headers[TOKEN] = csrf
  return { method: 'POST', headers, body: JSON.stringify(body) }
}

export const signIn = (email: string, password: string) =>
  ask<Account>('/api/login', post({ email, password }))

export const signOut = (csrf: string) => ask<void>('/api/logout', post({}, csrf))

/** Who is signed in; null when nobody is, or somebody else than whose page this is. */
export async function whoAmI(): Promise<Account | null> {
  try {
    const account = await ask<Account>('/api/me')
    return isStillOf(account) ? account : null
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

export const startCall = (csrf: string) => ask<CallMade>('/api/calls', post({ channel: 'browser' }, csrf))

/**
 * A new way into a call of one's own that still lives: after a lost connection, a reload, or in another tab.
 * With `insteadOf`, the connection one had, a call that is held by another one by now stays there (409).
 */
export const rejoinCall = (csrf: string, callId: string, insteadOf: string | null) =>
  ask<CallMade>(`/api/calls/${encodeURIComponent(callId)}/token`, post({ instead_of: insteadOf }, csrf), 6_000)

/** The connection that holds a call of one's own, or null. */
export const connectionOf = async (callId: string, withinMs: number): Promise<string | null> =>
  (await ask<{ connection: string | null }>(`/api/calls/${encodeURIComponent(callId)}`, {}, withinMs)).connection

export interface Consent {
  transcripts: boolean | null
  days: number
}

export const consentOf = () => ask<Consent>('/api/consent')

export const setConsent = (csrf: string, transcripts: boolean) =>
  ask<Consent>('/api/consent', { ...post({ transcripts }, csrf), method: 'PUT' })

/** The first tasks of a view; `total` counts all of it. */
export const listTasks = (view: 'all' | 'done', limit: number) =>
  ask<{ tasks: Task[]; total: number }>(`/api/tasks?view=${view}&limit=${limit}`)

export interface AccountState {
  email: string
  plan: 'premium' | 'economy'
  time_zone: string
  phone: { number: string; verified_at: string | null } | null
  /** Whether there is a PIN to key on the telephone. */
  pin: boolean
  /** Whether one is called about tasks for which one asked for a call. */
  reminder_calls: boolean
  /** ISO 3166: whose numbers are called about tasks. */
  called_countries: string[]
  /** Whether one's own number is one of theirs; null while there is none. */
  phone_called: boolean | null
  /** `password`, or what the provider is called. */
  sign_in: string[]
}

export const accountOf = () => ask<AccountState>('/api/account')

export const changeAccount = (csrf: string, change: { time_zone: string } | { phone: string | null }) =>
  ask<AccountState>('/api/account', { ...post(change, csrf), method: 'PATCH' })

export const changePin = (csrf: string, pin: string | null) =>
  ask<AccountState>('/api/account/pin', { ...post({ pin }, csrf), method: 'PUT' })

export const changeReminderCalls = (csrf: string, given: boolean) =>
  ask<AccountState>('/api/account/reminder-calls', { ...post({ given }, csrf), method: 'PUT' })

/** A code that links the telephone it is keyed on, once. */
export const linkingCode = (csrf: string) => ask<{ code: string }>('/api/account/phone-code', post({}, csrf))

/** Erases everything; it waits for calls that go on to end. */
export const eraseAccount = (csrf: string, confirm: string) =>
  ask<{ complete: boolean }>('/api/erase', post({ confirm }, csrf), 120_000)

/** The last thing that was changed in the tasks. */
export interface Change {
  kind: 'create' | 'update' | 'complete' | 'delete'
  at: string
  task_id: string
  title: string
}

/** The last change, or null when there is none. */
export const lastChange = async (): Promise<Change | null> =>
  (await ask<{ changes: Change[] | null }>('/api/tasks?view=changed&limit=1')).changes?.[0] ?? null

/** Takes a change back; 409 when it is not the last one any more. */
export const undoChange = (csrf: string, { task_id, at }: Change) =>
  ask<{ task: Task }>('/api/tasks/undo', post({ task_id, at }, csrf))

export interface Period {
  microdollars: number
  cap_microdollars: number
}

export interface Budget {
  sandbox: boolean
  day: Period
  month: Period
}

export const budgetOf = () => ask<Budget>('/api/budget')

export interface PastCall {
  call_id: string
  channel: string
  began_at: string
  ended_at: string
  cost_microdollars: number
  served: { stack: string; tier: string }[]
  /** What was said to transcripts by its end; null where nobody had been asked. */
  consent: boolean | null
  lines_kept: number
  stars: number | null
}

export interface PastCalls {
  sandbox: boolean
  calls: PastCall[]
  /** The last call of this page, where there are more behind it: when it began, and its id. */
  next: number | null
  next_id: string | null
}

export const listCalls = (before: PastCalls | null) =>
  ask<PastCalls>(
    `/api/calls?limit=20${before === null ? '' : `&before=${before.next}&before_id=${encodeURIComponent(before.next_id ?? '')}`}`,
  )

export interface KeptLine {
  id: number
  speaker: 'caller' | 'assistant'
  text: string
}

/** All that is kept of a call; the server gives it in pieces. */
export async function transcriptOf(callId: string): Promise<KeptLine[]> {
  const lines: KeptLine[] = []
  for (let after: number | null = 0; after !== null; ) {
    const query: string = `call_id=${encodeURIComponent(callId)}&after=${after}`
    const piece: { lines: KeptLine[]; next: number | null } = await ask(`/api/transcript?${query}`)
    lines.push(...piece.lines)
    after = piece.next
  }
  return lines
}

export const rateCall = (csrf: string, callId: string, stars: number) =>
  ask<{ stars: number }>(`/api/calls/${encodeURIComponent(callId)}/rating`, { ...post({ stars }, csrf), method: 'PUT' })
