import { useState } from 'react'

import type { InForce, Version, Written } from './adminApi'
import { ConfirmChange, type Proposal } from './ConfirmChange'
import { Differences } from './Differences'
import { moment } from './format'
import { Ladder } from './Ladder'
import { Shown } from './Shown'
import { Switch } from './Switch'
import { useAsked } from './useAsked'

interface Props {
  csrf: string
  onSignedOut: () => void
}

const LOOK_MS = 10_000

/** What may be served: switches that tell what they will move, ladders, and who changed what. */
export function PolicyPage({ csrf, onSignedOut }: Props) {
  const inForce = useAsked<InForce>('/api/admin/policy', onSignedOut, LOOK_MS)
  const history = useAsked<{ versions: Version[] }>('/api/admin/policy/history?limit=20', onSignedOut)
  const [proposal, setProposal] = useState<Proposal | null>(null)
  const [done, setDone] = useState<Written | null>(null)

  function look() {
    inForce.refresh()
    history.refresh()
  }
  return (
    <>
      {done && (
        <div className="notice" role="status">
          <p>
            The policy is version {done.version} now.
            {!done.told_redis && ' Redis could not be told: workers follow within some 15 s.'}
          </p>
        </div>
      )}
      <section className="card" aria-labelledby="policy-title">
        <h2 id="policy-title">What may be served</h2>
        <Shown asked={inForce}>
          {(data) => <Switches data={data} onChange={(title, changes) => {
            setDone(null)
            setProposal({ title, changes, expected: data.version })
          }} />}
        </Shown>
      </section>
      <section className="card" aria-labelledby="history-title">
        <h2 id="history-title">Who changed what</h2>
        <Shown
          asked={history}
          empty={{ when: (data) => !data.versions.length, words: 'Nobody has changed the policy yet.' }}
        >
          {(data) => (
            <ol className="history">
              {data.versions.map((version) => (
                <li key={version.version}>
                  <p>
                    <b>Version {version.version}</b>{' '}
                    <span className="quiet">
                      {moment(version.at_ms)}, {version.author}
                    </span>
                  </p>
                  {version.note && <p>«{version.note}»</p>}
                  <Differences changes={version.changes} />
                </li>
              ))}
            </ol>
          )}
        </Shown>
      </section>
      {proposal && (
        <ConfirmChange
          csrf={csrf}
          proposal={proposal}
          onDone={(written) => {
            setProposal(null)
            setDone(written)
            look()
          }}
          onClose={(stale) => {
            setProposal(null)
            if (stale) look()
          }}
        />
      )}
    </>
  )
}

interface SwitchesProps {
  data: InForce
  onChange: (title: string, changes: Record<string, unknown>) => void
}

function Switches({ data, onChange }: SwitchesProps) {
  const { policy, stacks } = data
  function toggled(field: 'tiers_off' | 'stacks_off', name: string) {
    const off = policy[field].includes(name)
    const list = off ? policy[field].filter((each) => each !== name) : [...policy[field], name]
    onChange(`Switch ${name} ${off ? 'on' : 'off'}`, { [field]: list })
  }
  return (
    <>
      <p className="quiet">
        Version {data.version}
        {data.in_redis === null && ', while Redis is away: workers read it from the database'}
        {data.in_redis !== null && data.in_redis !== data.version && `; workers still see ${data.in_redis}`}
      </p>
      <h3>Tiers</h3>
      <ul className="switches">
        {['premium', 'economy'].map((name) => (
          <Switch
            key={name}
            name={name}
            on={!policy.tiers_off.includes(name)}
            onToggle={() => toggled('tiers_off', name)}
          />
        ))}
      </ul>
      <h3>Stacks</h3>
      <ul className="switches">
        {Object.entries(stacks).map(([name, tier]) => (
          <Switch
            key={name}
            name={`stack ${name}`}
            label={name}
            about={`${tier} tier`}
            on={!policy.stacks_off.includes(name)}
            onToggle={() => toggled('stacks_off', name)}
          />
        ))}
        <Switch
          name="models on this machine"
          on={policy.local_enabled}
          onToggle={() =>
            onChange(`Switch models on this machine ${policy.local_enabled ? 'off' : 'on'}`, {
              local_enabled: !policy.local_enabled,
            })
          }
        />
      </ul>
      <h3>Ladders, best first</h3>
      {(['premium', 'economy'] as const).map((plan) => (
        <Ladder
          key={`${plan} ${policy[plan].join()}`}
          plan={plan}
          rungs={policy[plan]}
          onChange={(rungs) => onChange(`Change the ${plan} ladder`, { [plan]: rungs })}
        />
      ))}
    </>
  )
}
