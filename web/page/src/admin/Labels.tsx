import { words } from '../words'

/** What is shown is not real: stand-ins' money, or made up altogether. */
export function Labels({ sandbox, demo }: { sandbox?: boolean; demo?: boolean }) {
  return (
    <>
      {demo && <span className="badge made-up">{words.console.demoData}</span>}
      {sandbox && <span className="badge sandboxed">{words.common.sandbox}</span>}
    </>
  )
}
