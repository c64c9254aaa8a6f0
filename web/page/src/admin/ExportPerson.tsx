import { words } from '../words'
import { exportOf } from './adminApi'
import { AskedDialog } from './AskedDialog'
import type { PersonDialog } from './PlanOfPerson'

/** All that is kept of somebody, as a file on this machine. */
export function ExportPerson({ csrf, person, onClose }: PersonDialog) {
  async function act() {
    const address = URL.createObjectURL(await exportOf(csrf, person.email))
    const link = document.createElement('a')
    link.href = address
    link.download = `voicetasks-${person.id}.json`
    link.click()
    setTimeout(() => URL.revokeObjectURL(address), 60_000) // the browser may still be reading it
    return words.people.exportDone(person.email)
  }
  return (
    <AskedDialog title={words.people.exportAsk(person.email)} doIt={words.people.exportDo} act={act} onClose={onClose}>
      <p>{words.people.exportText}</p>
    </AskedDialog>
  )
}
