import { useCallback, useState } from 'react'

import { type AccountState, ApiError } from '../api'

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
        setSaid('Saved.')
      } catch (error) {
        setSaid(error instanceof ApiError ? error.message : 'That did not work. Try again.')
      } finally {
        setBusy(false)
      }
    },
    [onChanged],
  )
  return { busy, said, save }
}
