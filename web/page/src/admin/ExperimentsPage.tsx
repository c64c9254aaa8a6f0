import { words } from '../words'
import type { Experiments, InForce } from './adminApi'
import { ExperimentCard } from './ExperimentCard'
import { ExperimentForm } from './ExperimentForm'
import { Shown } from './Shown'
import { useAsked } from './useAsked'
import { useChange } from './useChange'

interface Props {
  csrf: string
  onSignedOut: () => void
}

/** What is compared, and what was found; begun, weighed anew and ended here. */
export function ExperimentsPage({ csrf, onSignedOut }: Props) {
  const all = useAsked<Experiments>('/api/admin/experiments', onSignedOut)
  const policy = useAsked<InForce>('/api/admin/policy', onSignedOut)
  const change = useChange(csrf, all.refresh)
  return (
    <>
      {change.shown}
      <Shown asked={all} empty={{ when: (data) => !data.experiments.length, said: words.experiments.none }}>
        {(data) =>
          data.experiments.map(({ name, experiment }) => (
            <ExperimentCard
              key={name}
              name={name}
              experiment={experiment}
              version={data.policy_version}
              onPropose={change.propose}
              onSignedOut={onSignedOut}
            />
          ))
        }
      </Shown>
      <section className="card" aria-labelledby="create-title">
        <h2 id="create-title">{words.experiments.create}</h2>
        <Shown asked={policy}>
          {({ stacks }) => (
            <ExperimentForm
              version={all.data?.policy_version ?? null}
              known={all.data?.experiments.map((each) => each.name) ?? []}
              stacks={Object.keys(stacks).filter((each) => each !== 'text')}
              onPropose={change.propose}
            />
          )}
        </Shown>
      </section>
    </>
  )
}
