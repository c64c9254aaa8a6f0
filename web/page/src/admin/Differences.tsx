import { words } from '../words'
import type { Difference } from './adminApi'
import { nameOf, shownAt } from './format'

/** A moment says nothing that the phase beside it does not. */
const UNSAID = /^experiments\..*\.since_ms$/

/** Values before and after; of what is new, what it is. */
export function Differences({ changes }: { changes: Difference[] }) {
  const said = changes.filter((change) => !UNSAID.test(change.path) && (change.before ?? change.after) !== null)
  if (!said.length) return <p className="quiet">{words.change.same}</p>
  const fresh = said.every((change) => change.before === null)
  const shared = fresh && said.length > 1 ? sharedBy(said.map((change) => change.path)) : ''
  return (
    <>
      {shared && <h3>{nameOf(shared.slice(0, -1))}</h3>}
      <ul className={fresh ? 'differences fresh' : 'differences'}>
        {said.map((change) => (
          <li key={change.path}>
            <span className="path">{nameOf(change.path.slice(shared.length))}</span>
            {!fresh && (
              <>
                <del>{shownAt(change.path, change.before)}</del>
                <span aria-hidden="true"> → </span>
              </>
            )}
            <ins>{shownAt(change.path, change.after)}</ins>
          </li>
        ))}
      </ul>
    </>
  )
}

/** The part that all paths begin with, up to a full stop, or nothing. */
function sharedBy(paths: string[]): string {
  const [first = ''] = paths
  for (let end = first.lastIndexOf('.') + 1; end > 0; end = first.lastIndexOf('.', end - 2) + 1) {
    const part = first.slice(0, end)
    if (paths.every((path) => path.startsWith(part))) return part
  }
  return ''
}
