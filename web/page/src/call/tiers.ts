import type { Agent } from './useAgent'
import { words } from '../words'

/** The stack of last resort: the assistant reads and writes, and has no voice. */
export const TEXT = 'text'

/** What serves a call, in words for the caller. */
export function nameOf({ tier, stack }: Pick<Agent, 'tier' | 'stack'>): string {
  if (stack === TEXT) return words.served.text
  return tier === 'premium' ? words.served.premium : words.served.standard
}
