import { useState } from 'react'

import { words } from '../words'

interface Props {
  plan: string
  rungs: string[]
  onChange: (rungs: string[]) => void
}

/** What a plan is served with, best first; changed as a list of names. */
export function Ladder({ plan, rungs, onChange }: Props) {
  const before = rungs.join(', ')
  const [text, setText] = useState(before)
  const wanted = text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
  const same = wanted.join(', ') === before
  return (
    <form
      className="ladder"
      onSubmit={(event) => {
        event.preventDefault()
        if (!same) onChange(wanted)
      }}
    >
      <label>
        {plan}
        <input value={text} maxLength={400} onChange={(event) => setText(event.target.value)} />
      </label>
      <button type="submit" disabled={same || !wanted.length}>
        {words.policy.change}
      </button>
    </form>
  )
}
