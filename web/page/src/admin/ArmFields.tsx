import { words } from '../words'

export interface ArmText {
  name: string
  stack: string
  weight: string
}

interface Props {
  arms: ArmText[]
  stacks: string[]
  onChange: (arms: ArmText[]) => void
}

const MOST = 6
const FEWEST = 2

/** The arms of an experiment that is being written down. */
export function ArmFields({ arms, stacks, onChange }: Props) {
  const { experiments } = words
  const set = (at: number, changed: Partial<ArmText>) =>
    onChange(arms.map((arm, one) => (one === at ? { ...arm, ...changed } : arm)))
  return (
    <fieldset className="arms">
      <legend>{experiments.arms}</legend>
      {arms.map((arm, at) => (
        <div className="arm" key={at}>
          <label>
            {experiments.armLabels.name}
            <input
              aria-label={experiments.armName(at + 1)}
              value={arm.name}
              maxLength={40}
              onChange={(event) => set(at, { name: event.target.value })}
            />
          </label>
          <label>
            {experiments.armLabels.stack}
            <select
              aria-label={experiments.armStack(at + 1)}
              value={arm.stack}
              onChange={(event) => set(at, { stack: event.target.value })}
            >
              {stacks.map((stack) => (
                <option key={stack}>{stack}</option>
              ))}
            </select>
          </label>
          <label>
            {experiments.armLabels.weight}
            <input
              aria-label={experiments.armWeight(at + 1)}
              inputMode="numeric"
              value={arm.weight}
              onChange={(event) => set(at, { weight: event.target.value })}
            />
          </label>
          {arms.length > FEWEST && (
            <button type="button" aria-label={experiments.dropArm(at + 1)} onClick={() => onChange(arms.filter((_, one) => one !== at))}>
              {experiments.drop}
            </button>
          )}
        </div>
      ))}
      {arms.length < MOST && (
        <div className="row">
          <button type="button" onClick={() => onChange([...arms, { name: '', stack: stacks[0] ?? '', weight: '1' }])}>
            {experiments.addArm}
          </button>
        </div>
      )}
    </fieldset>
  )
}
