import { useRef, useState } from 'react'

import { words } from '../words'
import { Problem } from './Problem'
import { SettleDialog } from './SettleDialog'

/** As the server reads at most. */
const MOST_BYTES = 4 * 1024 * 1024

interface Props {
  csrf: string
  onSettled: () => void
}

/** Takes a vendor's usage export, to be held against the journal. */
export function Settling({ csrf, onSettled }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [asked, setAsked] = useState<{ file: File; time: number } | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [done, setDone] = useState<string[]>([])

  function look() {
    setDone([])
    const file = input.current?.files?.[0]
    if (!file || file.size > MOST_BYTES) {
      setProblem(file ? words.settling.tooLong : words.settling.chooseOne)
      input.current?.focus()
      return
    }
    setProblem(null)
    // A browser tells of a dialog's end in its next frame: one that is asked for before that is another one.
    setAsked((before) => ({ file, time: (before?.time ?? 0) + 1 }))
  }
  return (
    <section className="card" aria-labelledby="settling-title">
      <h2 id="settling-title">{words.settling.title}</h2>
      <p className="quiet">{words.settling.text}</p>
      {done.length > 0 && (
        <div className="notice" role="status">
          {done.map((said) => (
            <p key={said}>{said}</p>
          ))}
        </div>
      )}
      <form
        className="search"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          look()
        }}
      >
        <label>
          {words.settling.file}
          <input
            ref={input}
            type="file"
            accept="application/json,.json"
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : 'settling-problem'}
          />
        </label>
        <button type="submit">{words.settling.look}</button>
      </form>
      <Problem id="settling-problem" text={problem} />
      {asked && (
        <SettleDialog
          key={asked.time}
          csrf={csrf}
          file={asked.file}
          onClose={(said) => {
            setAsked(null)
            setDone(said)
            if (said.length) onSettled()
          }}
        />
      )}
    </section>
  )
}
