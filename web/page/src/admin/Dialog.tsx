import { type ReactNode, useEffect, useRef } from 'react'

interface Props {
  title: string
  onClose: () => void
  /** What stands in it; `close` closes it, and the browser gives back the focus that it took. */
  children: (close: () => void) => ReactNode
}

/** Something that is asked before anything else goes on. Escape leaves it. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const opened = dialog.current
    if (opened && !opened.open) opened.showModal()
  }, [])
  return (
    <dialog ref={dialog} className="confirm-change" aria-labelledby="confirm-title" onClose={onClose}>
      <h2 id="confirm-title">{title}</h2>
      {children(() => dialog.current?.close())}
    </dialog>
  )
}
