import type { Agent } from './useAgent'

/** The stack of last resort: the assistant reads and writes, and has no voice. */
export const TEXT = 'text'

/** What serves a call, in words for the caller. */
export function nameOf({ tier, stack }: Pick<Agent, 'tier' | 'stack'>): string {
  if (stack === TEXT) return 'Text only'
  return tier === 'premium' ? 'Premium voice' : 'Standard voice'
}
