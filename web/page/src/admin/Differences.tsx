import { words } from '../words'
import type { Difference } from './adminApi'
import { nameOf, shownAt } from './format'

/** A moment says nothing that the phase beside it does not. */
const UNSAID = /^experiments\..*\.since_ms$/

/** Values before and after. */
export function Differences({ changes }: { changes: Difference[] }) {
  const said = changes.filter((change) => !UNSAID.test(change.path))
  if (!said.length) return <p className="quiet">{words.change.same}</p>
  return (
    <ul className="differences">
      {said.map((change) => (
        <li key={change.path}>
          <span className="path">{nameOf(change.path)}</span>
          <del>{shownAt(change.path, change.before)}</del>
          <span aria-hidden="true"> → </span>
          <ins>{shownAt(change.path, change.after)}</ins>
        </li>
      ))}
    </ul>
  )
}
