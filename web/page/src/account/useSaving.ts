import { useCallback, useState } from 'react'

import { type AccountState, ApiError } from '../api'
import { words } from '../words'

/** Saving one setting: whether it is under way, and what became of it, in words. */
export function useSaving(onChanged: (account: AccountState) => void) {
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')

  const save = useCallback(
    async (request: () => Promise<AccountState>) => {
      setBusy(true)
      setSaid('')
      try {
        onChanged(await request())
        setSaid(words.common.saved)
      } catch (error) {
        setSaid(error instanceof ApiError ? error.message : words.common.failed)
      } finally {
        setBusy(false)
      }
    },
    [onChanged],
  )
  return { busy, said, save }
}
