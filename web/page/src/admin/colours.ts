import { words } from '../words'

/** One colour for each name, in both colour schemes; the same stack has the same wherever it is shown. */
const PALETTE = ['var(--c0)', 'var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--c6)']
const KNOWN = ['premium', 'economy', 'budget', 'quality', 'local', 'text', 'gemini']

export function colourOf(name: string, at: number): string {
  const known = KNOWN.findIndex((known) => name === known || name === words.console.demoName(known))
  return PALETTE[(known >= 0 ? known : at) % PALETTE.length] ?? 'var(--soft)'
}
