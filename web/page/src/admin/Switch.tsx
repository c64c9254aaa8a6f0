import { words } from '../words'

interface Props {
  name: string
  label?: string
  about?: string
  on: boolean
  onToggle: () => void
}

/** Something that is on or off. It turns only once its effect was confirmed. */
export function Switch({ name, label, about, on, onToggle }: Props) {
  return (
    <li className="switch-row">
      <span>
        {label ?? name} {about && <span className="quiet">{about}</span>}
      </span>
      <button type="button" role="switch" aria-checked={on} aria-label={name} className="toggle" onClick={onToggle}>
        {on ? words.policy.on : words.policy.off}
      </button>
    </li>
  )
}
