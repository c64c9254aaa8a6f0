import { useCallback, useEffect, useState } from 'react'

import { type Budget, budgetOf } from '../api'

/** What the caller's calls have cost and may cost; null while it is not known, which hinders nobody. */
export function useBudget(): [Budget | null, () => void] {
  const [budget, setBudget] = useState<Budget | null>(null)
  const look = useCallback(() => void budgetOf().then(setBudget, () => undefined), [])
  useEffect(look, [look])
  return [budget, look]
}
