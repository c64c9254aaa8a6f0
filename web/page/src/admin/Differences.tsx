import type { Difference } from './adminApi'
import { shownAt, words } from './format'

/** Values before and after. */
export function Differences({ changes }: { changes: Difference[] }) {
  if (!changes.length) return <p className="quiet">Nothing of it is different.</p>
  return (
    <ul className="differences">
      {changes.map((change) => (
        <li key={change.path}>
          <span className="path">{words(change.path)}</span>
          <del>{shownAt(change.path, change.before)}</del>
          <span aria-hidden="true"> → </span>
          <ins>{shownAt(change.path, change.after)}</ins>
        </li>
      ))}
    </ul>
  )
}
