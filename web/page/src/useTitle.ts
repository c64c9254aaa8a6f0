import { useEffect } from 'react'

const NAME = document.title

/** Where one is, in the title of the window: it is what is read first, and what a list of tabs shows. */
export function useTitle(where: string | null): void {
  useEffect(() => {
    document.title = where ? `${where} · ${NAME}` : NAME
    return () => {
      document.title = NAME
    }
  }, [where])
}
