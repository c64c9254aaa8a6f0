import { words } from '../words'
import type { Changes, InForce, Version } from './adminApi'
import { Differences } from './Differences'
import { moment, named } from './format'
import { Ladder } from './Ladder'
import { policyChange } from './proposals'
import { Shown } from './Shown'
import { Switch } from './Switch'
import { useAsked } from './useAsked'
import { useChange } from './useChange'

interface Props {
  csrf: string
  onSignedOut: () => void
}

const LOOK_MS = 10_000

/** What may be served: switches that tell what they will move, ladders, and who changed what. */
export function PolicyPage({ csrf, onSignedOut }: Props) {
  const inForce = useAsked<InForce>('/api/admin/policy', onSignedOut, LOOK_MS)
  const history = useAsked<{ versions: Version[]; more: boolean }>('/api/admin/policy/history?limit=20', onSignedOut)
  const change = useChange(csrf, () => {
    inForce.refresh()
    history.refresh()
  })
  return (
    <>
      {change.shown}
      <section className="card" aria-labelledby="policy-title">
        <h2 id="policy-title">{words.policy.title}</h2>
        <Shown asked={inForce}>
          {(data) => (
            <Switches data={data} onChange={(title, changes) => change.propose(policyChange(data.version, title, changes))} />
          )}
        </Shown>
      </section>
      <section className="card" aria-labelledby="history-title">
        <h2 id="history-title">{words.policy.history}</h2>
        <Shown
          asked={history}
          empty={{ when: (data) => !data.versions.length, said: words.policy.unchanged }}
        >
          {(data) => (
            <>
              <ol className="history">
                {data.versions.map((version) => (
                  <li key={version.version}>
                    <p>
                      <b>{words.policy.version(version.version)}</b>{' '}
                      <span className="quiet">{words.policy.by(moment(version.at_ms), named(version.author, version.by))}</span>
                    </p>
                    {version.note && <p>{words.policy.note(version.note)}</p>}
                    <Differences changes={version.changes} />
                  </li>
                ))}
              </ol>
              {data.more && <p className="quiet">{words.policy.more(data.versions.length)}</p>}
            </>
          )}
        </Shown>
      </section>
    </>
  )
}

interface SwitchesProps {
  data: InForce
  onChange: (title: string, changes: Changes) => void
}

function Switches({ data, onChange }: SwitchesProps) {
  const { policy, stacks } = data
  function toggled(field: 'tiers_off' | 'stacks_off', name: string) {
    const off = policy[field].includes(name)
    const list = off ? policy[field].filter((each) => each !== name) : [...policy[field], name]
    onChange(off ? words.policy.switchOn(name) : words.policy.switchOff(name), { [field]: list })
  }
  return (
    <>
      <p className="quiet">
        {words.policy.version(data.version)}
        {data.in_redis === null && words.policy.redisAway}
        {data.in_redis !== null && data.in_redis !== data.version && words.policy.redisBehind(data.in_redis)}
      </p>
      <h3>{words.policy.tiers}</h3>
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
      <h3>{words.policy.stacks}</h3>
      <ul className="switches">
        {Object.entries(stacks).map(([name, tier]) => (
          <Switch
            key={name}
            name={words.policy.stack(name)}
            label={name}
            about={words.policy.tierOf(tier)}
            on={!policy.stacks_off.includes(name)}
            onToggle={() => toggled('stacks_off', name)}
          />
        ))}
        <Switch
          name={words.policy.local}
          on={policy.local_enabled}
          onToggle={() =>
            onChange(policy.local_enabled ? words.policy.switchOff(words.policy.local) : words.policy.switchOn(words.policy.local), {
              local_enabled: !policy.local_enabled,
            })
          }
        />
      </ul>
      <h3>{words.policy.ladders}</h3>
      {(['premium', 'economy'] as const).map((plan) => (
        <Ladder
          key={`${plan} ${policy[plan].join()}`}
          plan={plan}
          rungs={policy[plan]}
          onChange={(rungs) => onChange(words.policy.changeLadder(plan), { [plan]: rungs })}
        />
      ))}
    </>
  )
}
