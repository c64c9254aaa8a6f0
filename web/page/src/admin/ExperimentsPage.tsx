import { useState } from 'react'

import { Conflict, type Experiment, type Experiments, type Report, switchExperiment, wordsOf } from './adminApi'
import { Differences } from './Differences'
import { ExperimentReport } from './ExperimentReport'
import { Labels } from './Labels'
import { Shown } from './Shown'
import { useAsked } from './useAsked'

interface Props {
  csrf: string
  onSignedOut: () => void
}

/** What is compared, and what was found. */
export function ExperimentsPage({ csrf, onSignedOut }: Props) {
  const all = useAsked<Experiments>('/api/admin/experiments', onSignedOut)
  const [problem, setProblem] = useState<unknown>(null)

  async function turn(name: string, action: 'start' | 'stop', expected: string) {
    setProblem(null)
    try {
      await switchExperiment(csrf, name, action, expected)
    } catch (error) {
      setProblem(error)
    }
    all.refresh()
  }
  return (
    <>
      {problem !== null && (
        <div className="notice bad" role="alert">
          <p>{wordsOf(problem)}</p>
          {problem instanceof Conflict && <Differences changes={problem.difference} />}
        </div>
      )}
      <Shown
        asked={all}
        empty={{
          when: (data) => !data.experiments.length,
          words: 'There is no experiment. «voicetasks admin experiments create» writes one down.',
        }}
      >
        {(data) =>
          data.experiments.map(({ name, experiment }) => (
            <One
              key={name}
              name={name}
              experiment={experiment}
              onTurn={(action) => void turn(name, action, data.policy_version)}
              onSignedOut={onSignedOut}
            />
          ))
        }
      </Shown>
    </>
  )
}

interface OneProps {
  name: string
  experiment: Experiment
  onTurn: (action: 'start' | 'stop') => void
  onSignedOut: () => void
}

function One({ name, experiment, onTurn, onSignedOut }: OneProps) {
  const running = experiment.state === 'running'
  const whole = experiment.arms.reduce((sum, arm) => sum + arm.weight, 0)
  return (
    <section className="card" aria-labelledby={`experiment-${name}`}>
      <h2 id={`experiment-${name}`}>
        {name} <span className="badge">{experiment.state}</span>{' '}
        <Labels demo={name.startsWith('demo-')} />
      </h2>
      <p>{experiment.hypothesis}</p>
      <p className="quiet">
        {experiment.arms.map((arm) => `${arm.name}: ${arm.stack}, ${Math.round((100 * arm.weight) / whole)} %`).join(' · ')}
        {experiment.plan && ` · plan ${experiment.plan}`}
        {experiment.channel && ` · by ${experiment.channel}`}
        {experiment.phase > 0 && ` · phase ${experiment.phase}`}
      </p>
      {/* What never was cannot be tried on people. */}
      {!name.startsWith('demo-') && (
        <div className="row">
          <button onClick={() => onTurn(running ? 'stop' : 'start')}>{running ? 'Stop' : 'Start'}</button>
        </div>
      )}
      {experiment.phase > 0 ? (
        <Found name={name} phase={experiment.phase} onSignedOut={onSignedOut} />
      ) : (
        <p className="quiet none">It has not begun, so nothing is known.</p>
      )}
    </section>
  )
}

function Found({ name, phase, onSignedOut }: { name: string; phase: number; onSignedOut: () => void }) {
  const path = `/api/admin/experiments/${encodeURIComponent(name)}/report?phase=${phase}`
  const report = useAsked<Report>(path, onSignedOut)
  return (
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
  )
}
