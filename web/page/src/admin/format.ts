/** Money, times and values as people read them. */

export function dollars(microdollars: number): string {
  const amount = microdollars / 1_000_000
  const digits = Math.abs(amount) >= 100 ? 0 : Math.abs(amount) >= 1 || !amount ? 2 : 4
  return amount.toLocaleString('en', { style: 'currency', currency: 'USD', minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function length(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export const moment = (at: number | string) =>
  new Date(at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium' })

export const words = (name: string) => name.replaceAll('_', ' ')

/** A value of the policy. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length ? value.map(shown).join(', ') : 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A part of the policy by its path. Caps are money. */
export function shownAt(path: string, value: unknown): string {
  return /(^|\.)caps\./.test(path) && typeof value === 'number' ? dollars(value) : shown(value)
}
