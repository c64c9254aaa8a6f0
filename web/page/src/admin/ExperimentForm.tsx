import { useState } from 'react'

import { words } from '../words'
import { ArmFields, type ArmText } from './ArmFields'
import { Problem } from './Problem'
import { experimentCreation, type NewExperiment, type Proposal } from './proposals'
import { weightOf } from './Weights'

interface Props {
  /** Of the policy that was looked at; null while it is not there. */
  version: string | null
  /** Names that are taken; whatever was typed is done with once its name is among them. */
  known: string[]
  stacks: string[]
  onPropose: (proposal: Proposal) => void
}

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/
const FIRST_ARMS: ArmText[] = [
  { name: 'control', stack: 'economy', weight: '1' },
  { name: 'variant', stack: 'budget', weight: '1' },
]
/** What the terminal takes too where nothing is said. */
const USUAL = { coverage: '100', worth: '20', success: '3', latency: '150' }
const EMPTY = { name: '', hypothesis: '', plan: '', channel: '', start: false, ...USUAL }

/** An experiment to write down. */
export function ExperimentForm({ version, known, stacks, onPropose }: Props) {
  const [fields, setFields] = useState(EMPTY)
  const [arms, setArms] = useState(FIRST_ARMS)
  const [proposed, setProposed] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const { experiments } = words

  if (proposed && known.includes(proposed)) {
    setProposed('')
    setFields(EMPTY)
    setArms(FIRST_ARMS)
  }

  const set = (changed: Partial<typeof EMPTY>) => setFields({ ...fields, ...changed })

  function propose() {
    const wanted = read(fields, arms)
    if (typeof wanted === 'string') return setProblem(wanted)
    if (known.includes(wanted.name)) return setProblem(words.experiments.nameTaken)
    setProblem(null)
    setProposed(wanted.name)
    if (version !== null) onPropose(experimentCreation(version, wanted))
  }

  const number = (name: keyof typeof USUAL, label: string) => (
    <label>
      {label}
      <input inputMode="decimal" value={fields[name]} onChange={(event) => set({ [name]: event.target.value })} />
    </label>
  )
  const choice = (name: 'plan' | 'channel', label: string, options: string[]) => (
    <label>
      {label}
      <select value={fields[name]} onChange={(event) => set({ [name]: event.target.value })}>
        <option value="">{words.console.any}</option>
        {options.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  )
  return (
    <form
      className="caps new-experiment"
      onSubmit={(event) => {
        event.preventDefault()
        propose()
      }}
    >
      <label>
        {experiments.name}
        <input value={fields.name} maxLength={40} autoComplete="off" onChange={(event) => set({ name: event.target.value })} />
      </label>
      <label>
        {experiments.hypothesis}
        <input value={fields.hypothesis} maxLength={500} onChange={(event) => set({ hypothesis: event.target.value })} />
      </label>
      <div className="search">
        {choice('plan', experiments.plan, ['premium', 'economy'])}
        {choice('channel', experiments.door, ['browser', 'phone'])}
        {number('coverage', experiments.coverage)}
      </div>
      <ArmFields arms={arms} stacks={stacks} onChange={setArms} />
      <details>
        <summary>{experiments.margins}</summary>
        <div className="search">
          {number('worth', experiments.worth)}
          {number('success', experiments.successMargin)}
          {number('latency', experiments.latencyMargin)}
        </div>
      </details>
      <label className="check">
        <input type="checkbox" checked={fields.start} onChange={(event) => set({ start: event.target.checked })} />
        {experiments.atOnce}
      </label>
      <Problem text={problem} />
      <div className="row">
        <button type="submit" className="primary" disabled={version === null}>
          {experiments.write}
        </button>
      </div>
    </form>
  )
}

/** What was typed, or what is wrong with it. The server looks at it once more. */
function read(fields: typeof EMPTY, arms: ArmText[]): NewExperiment | string {
  const { experiments } = words
  if (!NAME.test(fields.name)) return experiments.nameWrong
  if (!fields.hypothesis.trim()) return experiments.hypothesisWrong
  if (arms.some((arm) => !NAME.test(arm.name)) || new Set(arms.map((arm) => arm.name)).size < arms.length) {
    return experiments.armsWrong
  }
  const weighed = arms.map((arm) => ({ name: arm.name, stack: arm.stack, weight: weightOf(arm.weight) ?? 0 }))
  if (weighed.some((arm) => !arm.weight)) return experiments.weightWrong
  const numbers = {
    coverage: within(fields.coverage, 1, 100),
    worth: within(fields.worth, 2, 90) / 100,
    success_margin: within(fields.success, 0.1, 50) / 100,
    latency_margin_ms: within(fields.latency, 1, 10_000),
  }
  if (Object.values(numbers).some(Number.isNaN)) return experiments.numbersWrong
  return {
    name: fields.name,
    hypothesis: fields.hypothesis.trim(),
    arms: weighed,
    plan: fields.plan || null,
    channel: fields.channel || null,
    start: fields.start,
    ...numbers,
    coverage: Math.round(numbers.coverage),
    latency_margin_ms: Math.round(numbers.latency_margin_ms),
  }
}

function within(text: string, least: number, most: number): number {
  const value = /^\d{1,5}(\.\d{1,2})?$/.test(text.trim()) ? Number(text) : NaN
  return value >= least && value <= most ? value : NaN
}
