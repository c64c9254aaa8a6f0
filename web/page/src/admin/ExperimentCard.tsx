import { useState } from 'react'

import { words } from '../words'
import type { Experiment, Report } from './adminApi'
import { ExperimentReport } from './ExperimentReport'
import { Labels } from './Labels'
import { experimentTurn, type Proposal } from './proposals'
import { Shown } from './Shown'
import { useAsked } from './useAsked'
import { Weights } from './Weights'

interface Props {
  name: string
  experiment: Experiment
  version: string
  onPropose: (proposal: Proposal) => void
  onSignedOut: () => void
}

/** One experiment: what it compares, what may be done with it, and what was found. */
export function ExperimentCard({ name, experiment, version, onPropose, onSignedOut }: Props) {
  const [weighing, setWeighing] = useState(false)
  const running = experiment.state === 'running'
  const demo = name.startsWith('demo-')
  return (
    <section className="card" aria-labelledby={`experiment-${name}`}>
      <h2 id={`experiment-${name}`}>
        {name} <span className="badge">{words.experiments.states[experiment.state]}</span> <Labels demo={demo} />
      </h2>
      <p>{experiment.hypothesis}</p>
      <p className="quiet">{audience(experiment).join(' · ')}</p>
      {/* What never was cannot be tried on people. */}
      {!demo && (
        <div className="row">
          <button
            aria-label={words.experiments.about(running ? words.experiments.stop : words.experiments.start, name)}
            onClick={() => onPropose(experimentTurn(version, name, running ? 'stop' : 'start'))}
          >
            {running ? words.experiments.stop : words.experiments.start}
          </button>
          <button
            aria-label={words.experiments.about(words.experiments.weigh, name)}
            aria-expanded={weighing}
            onClick={() => setWeighing(!weighing)}
          >
            {words.experiments.weigh}
          </button>
        </div>
      )}
      {weighing && (
        <Weights
          key={version}
          name={name}
          experiment={experiment}
          version={version}
          onPropose={onPropose}
          onLeave={() => setWeighing(false)}
        />
      )}
      {experiment.phase > 0 ? (
        <Found name={name} phase={experiment.phase} onSignedOut={onSignedOut} />
      ) : (
        <p className="quiet none">{words.experiments.notBegun}</p>
      )}
    </section>
  )
}

function audience({ arms, plan, channel, coverage, phase }: Experiment): string[] {
  const whole = arms.reduce((sum, arm) => sum + arm.weight, 0)
  const said = arms.map((arm) => words.experiments.arm(arm.name, arm.stack, Math.round((100 * arm.weight) / whole)))
  if (plan) said.push(words.experiments.ofPlan(plan))
  if (channel) said.push(words.experiments.byDoor(channel))
  if (coverage < 100) said.push(words.experiments.covers(coverage))
  if (phase > 0) said.push(words.experiments.inPhase(phase))
  return said
}

function Found({ name, phase: last, onSignedOut }: { name: string; phase: number; onSignedOut: () => void }) {
  const [chosen, setChosen] = useState<number | null>(null)
  const phase = chosen ?? last
  const path = `/api/admin/experiments/${encodeURIComponent(name)}/report?phase=${phase}`
  const report = useAsked<Report>(path, onSignedOut)
  return (
    <>
      {last > 1 && (
        <label>
          {words.experiments.phase}{' '}
          <select
            aria-label={words.experiments.about(words.experiments.phase, name)}
            value={phase}
            onChange={(event) => {
              const wanted = Number(event.target.value)
              setChosen(wanted === last ? null : wanted)
            }}
          >
            {Array.from({ length: last }, (_, at) => (
              <option key={at}>{last - at}</option>
            ))}
          </select>
        </label>
      )}
      <Shown asked={report}>
        {(data) => (
          <>
            {data.sandbox && (
              <p>
                <Labels sandbox />
              </p>
            )}
            <ExperimentReport report={data} />
          </>
        )}
      </Shown>
    </>
  )
}
