import { useEffect, useRef, useState } from 'react'

import { words } from '../words'
import type { Experiment } from './adminApi'
import { percent } from './format'
import { Problem } from './Problem'
import { experimentWeights, type Proposal } from './proposals'

interface Props {
  name: string
  experiment: Experiment
  version: string
  onPropose: (proposal: Proposal) => void
  onLeave: () => void
}

/** The arms' weights to change, with the shares that they make. */
export function Weights({ name, experiment, version, onPropose, onLeave }: Props) {
  const [texts, setTexts] = useState(() => experiment.arms.map((arm) => String(arm.weight)))
  const [problem, setProblem] = useState<string | null>(null)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])

  const weights = texts.map(weightOf)
  const whole = weights.reduce<number>((sum, weight) => sum + (weight ?? 0), 0)

  function propose() {
    const changed: Record<string, number> = {}
    for (const [at, arm] of experiment.arms.entries()) {
      const weight = weights[at]
      if (weight === null || weight === undefined) return setProblem(words.experiments.weightWrong)
      if (weight !== arm.weight) changed[arm.name] = weight
    }
    if (!Object.keys(changed).length) return setProblem(words.experiments.weightsSame)
    setProblem(null)
    onPropose(experimentWeights(version, name, changed, experiment.state === 'running'))
  }

  return (
    <form
      className="caps"
      aria-label={words.experiments.weights(name)}
      onSubmit={(event) => {
        event.preventDefault()
        propose()
      }}
    >
      <fieldset>
        <legend>{words.experiments.weights(name)}</legend>
        {experiment.arms.map((arm, at) => {
          const share = weights[at] && whole ? percent(weights[at] / whole) : '–'
          return (
            <label key={arm.name}>
              {arm.name}, {share}
              <input
                ref={at ? null : first}
                inputMode="numeric"
                value={texts[at]}
                onChange={(event) => {
                  setProblem(null)
                  setTexts(texts.map((text, one) => (one === at ? event.target.value : text)))
                }}
              />
            </label>
          )
        })}
      </fieldset>
      <Problem text={problem} />
      <div className="row">
        <button type="submit" className="primary">
          {words.experiments.weighDo}
        </button>
        <button type="button" onClick={onLeave}>
          {words.experiments.keep}
        </button>
      </div>
    </form>
  )
}

/** A weight as typed; null for what is none. */
export function weightOf(text: string): number | null {
  const weight = /^\d{1,4}$/.test(text.trim()) ? Number(text) : 0
  return weight >= 1 && weight <= 1000 ? weight : null
}
