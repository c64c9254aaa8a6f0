import { type ReactNode, useEffect, useRef } from 'react'

import type { Question } from './useConfirmation'
import { words } from '../words'

interface Props {
  question: Question
  answering: boolean
  trouble: string | undefined
  onAnswer: (yes: boolean) => void
  /** What is shown between the question and its buttons. */
  children?: ReactNode
}

/** The spoken question, to be answered by click. */
export function ConfirmCard({ question, answering, trouble, onAnswer, children }: Props) {
  const card = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // To the card, not to a button: a key meant for something else must not delete. Whoever types is left alone.
    const typing = document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLTextAreaElement
    if (!typing) card.current?.focus()
    card.current?.scrollIntoView({ block: 'nearest' })
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
