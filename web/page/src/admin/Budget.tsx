import { words } from '../words'
import type { BudgetState } from './adminApi'
import { CapsForm } from './CapsForm'
import { dollars } from './format'
import type { Proposal } from './proposals'
import { Table } from './Table'

interface Props {
  budget: BudgetState
  onPropose: (proposal: Proposal) => void
}

const scopeName = (kind: string) => words.money.scopes[kind] ?? kind

/** Counters beside their caps, and the caps to change. */
export function Budget({ budget, onPropose }: Props) {
  const amount = (value: number | null) => (value === null ? '–' : dollars(value))
  return (
    <>
      {!budget.redis_answers && (
        <div className="notice bad" role="alert">
          <p>{words.money.journalAlone}</p>
        </div>
      )}
      <ul className="meters">
        {budget.scopes.map((scope) => {
          const spent =
            scope.committed === null ? scope.journal : scope.committed + (scope.overshoot ?? 0) + (scope.blind ?? 0)
          const used = spent + (scope.held ?? 0)
          return (
            <li key={scope.scope}>
              <span>{words.money.used(scopeName(scope.kind), dollars(used), dollars(scope.total_cap))}</span>
              <meter
                min={0}
                max={Math.max(1, scope.total_cap)}
                value={Math.min(used, scope.total_cap)}
                aria-label={words.money.meter(scopeName(scope.kind))}
              />
            </li>
          )
        })}
      </ul>
      <Table
        label={words.money.counters}
        columns={words.money.columns}
        amounts={[2, 3, 4, 5, 6, 7]}
        rows={budget.scopes.flatMap((scope) => [
          {
            key: `${scope.scope} premium`,
            cells: [
              scopeName(scope.kind),
              words.money.premium,
              dollars(scope.premium_cap),
              amount(scope.premium_committed),
              amount(scope.premium_overshoot),
              amount(scope.premium_blind),
              amount(scope.premium_held),
              dollars(scope.premium_journal),
            ],
          },
          {
            key: `${scope.scope} total`,
            cells: [
              scopeName(scope.kind),
              words.money.allTiers,
              dollars(scope.total_cap),
              amount(scope.committed),
              amount(scope.overshoot),
              amount(scope.blind),
              amount(scope.held),
              dollars(scope.journal),
            ],
          },
        ])}
      />
      <h3>
        {budget.whose === 'global' ? words.caps.everybodys : budget.own_caps ? words.caps.own : words.caps.asEverybody}
      </h3>
      <CapsForm budget={budget} onPropose={onPropose} />
    </>
  )
}
