import { useCallback, useState } from 'react'

/** Something that is on or off and stays so in this browser, whoever is signed in. */
export function usePreference(name: string): [boolean, (on: boolean) => void] {
  const key = `voicetasks.${name}`
  const [on, setOn] = useState(() => localStorage.getItem(key) === 'on')
  const change = useCallback(
    (wanted: boolean) => {
      localStorage.setItem(key, wanted ? 'on' : 'off')
      setOn(wanted)
    },
    [key],
  )
  return [on, change]
}
