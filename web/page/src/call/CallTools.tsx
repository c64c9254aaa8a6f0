import { words } from '../words'

export interface Tool {
  name: string
  on: boolean
  onChange: (on: boolean) => void
}

/** Ways to talk that not everybody needs, each to be switched on. */
export function CallTools({ tools }: { tools: Tool[] }) {
  return (
    <div className="call-tools" role="group" aria-label={words.tools.name}>
      {tools.map(({ name, on, onChange }) => (
        <button key={name} aria-pressed={on} onClick={() => onChange(!on)}>
          {name}
        </button>
      ))}
    </div>
  )
}
