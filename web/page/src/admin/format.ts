/** Money, times and values as people read them. */
import { words } from '../words'

export function dollars(microdollars: number): string {
  const amount = microdollars / 1_000_000
  const digits = Math.abs(amount) >= 100 ? 0 : Math.abs(amount) >= 1 || !amount ? 2 : 4
  return amount.toLocaleString(words.locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

export function length(ms: number): string {
  const { lengths } = words.console
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return lengths.seconds(seconds)
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? lengths.minutes(minutes, seconds % 60) : lengths.hours(Math.floor(minutes / 60), minutes % 60)
}

export const moment = (at: number | string) =>
  new Date(at).toLocaleString(words.locale, { dateStyle: 'medium', timeStyle: 'medium' })

export const percent = (share: number) => words.console.percent(Math.round(100 * share))

/** A name of the server's, such as a reason or a part of the policy. */
export const nameOf = (name: string) => name.replaceAll('_', ' ')

/** A value of the policy. */
function shown(value: unknown): string {
  const { values } = words.console
  if (value === null || value === undefined) return values.nothing
  if (Array.isArray(value)) return value.length ? value.map(shown).join(', ') : values.none
  if (typeof value === 'boolean') return value ? values.yes : values.no
  if (isArm(value)) return values.weighed(value.name, value.stack, value.weight)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function isArm(value: unknown): value is { name: string; stack: string; weight: number } {
  return typeof value === 'object' && value !== null && 'stack' in value && 'weight' in value
}

/** A part of the policy by its path. Caps are money. */
export function shownAt(path: string, value: unknown): string {
  return /(^|\.)(user_)?caps\./.test(path) && typeof value === 'number' ? dollars(value) : shown(value)
}

/** An id as trail and history keep it, with the address of whoever it is while they have one. */
export const named = (id: string, address: string) => (address ? `${address} (${id})` : id)
