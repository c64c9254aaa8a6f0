import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react'

import type { Question } from './useConfirmation'
import { words } from '../words'

interface Props {
  question: Question
  answering: boolean
  trouble: string | undefined
  /** Whether it can be seen: what is hidden takes no focus. */
  shown: boolean
  onAnswer: (yes: boolean) => void
  /** What is shown between the question and its buttons. */
  children?: ReactNode
}

/** The spoken question, to be answered by click. */
export function ConfirmCard({ question, answering, trouble, shown, onAnswer, children }: Props) {
  const card = useRef<HTMLDivElement>(null)
  /** Where the focus was before it came here. */
  const before = useRef<Element | null>(null)
  useEffect(() => {
    if (!shown) return
    // To the card, not to a button: a key meant for something else must not delete. Whoever types is left alone.
    const typing = document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLTextAreaElement
    if (!typing) {
      before.current = document.activeElement
      card.current?.focus()
    }
    card.current?.scrollIntoView({ block: 'nearest' })
  }, [shown])
  useLayoutEffect(() => {
    const here = card.current
    return () => {
      // A button that was pressed is disabled, and a browser takes the focus from it before the card goes.
      const held = document.activeElement === document.body || here?.contains(document.activeElement)
      if (held && before.current instanceof HTMLElement && before.current !== document.body) before.current.focus()
    }
  }, [])

  const { yes, no } = labels(question.action)
  return (
    <div className="confirm" ref={card} tabIndex={-1} role="group" aria-labelledby="confirm-question">
      <p id="confirm-question" role="alert">
        {question.question}
      </p>
      {children}
      <div className="row">
        <button className={question.action === 'create_task' ? 'primary' : 'danger'} disabled={answering} onClick={() => onAnswer(true)}>
          {yes}
        </button>
        <button disabled={answering} onClick={() => onAnswer(false)}>
          {no}
        </button>
      </div>
      <p className="quiet" role="status">
        {trouble ?? words.confirm.orByVoice}
      </p>
    </div>
  )
}

function labels(action: string): { yes: string; no: string } {
  const { confirm } = words
  if (action === 'delete_task') return { yes: confirm.yesDelete, no: confirm.noDelete }
  if (action === 'complete_task') return { yes: confirm.yesComplete, no: confirm.noComplete }
  if (action === 'create_task') return { yes: confirm.yesAdd, no: confirm.no }
  return { yes: confirm.yes, no: confirm.no }
}
