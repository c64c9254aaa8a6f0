import { type ReactNode, useEffect, useRef } from 'react'

interface Props {
  title: string
  /** Something is being done that has an outcome: it is not left before that is known. */
  busy?: boolean
  onClose: () => void
  /** What stands in it; `close` closes it, and the browser gives back the focus that it took. */
  children: (close: () => void) => ReactNode
}

/** Something that is asked before anything else goes on. Escape leaves it. */
export function Dialog({ title, busy = false, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const meant = useRef(false)
  useEffect(() => {
    const opened = dialog.current
    if (opened && !opened.open) opened.showModal()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="confirm-change"
      aria-labelledby="confirm-title"
      onKeyDown={(event) => busy && event.key === 'Escape' && event.preventDefault()}
      onCancel={(event) => busy && event.preventDefault()}
      onClose={() => {
        // A browser that is asked to leave it twice does so all the same.
        if (busy && !meant.current) dialog.current?.showModal()
        else onClose()
      }}
    >
      <h2 id="confirm-title">{title}</h2>
      {children(() => {
        meant.current = true
        dialog.current?.close()
      })}
    </dialog>
  )
}
