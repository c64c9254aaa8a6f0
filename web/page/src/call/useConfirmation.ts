import { type Room, type TextStreamReader } from 'livekit-client'
import { useCallback, useEffect, useRef, useState } from 'react'

import { words } from '../words'
import { agentIn } from './useAgent'

const TOPIC = 'voicetasks.confirm'
/**
 * The agent says when a question is closed, some 60 s after it was heard at the latest. Where its word does not come the
 * card goes by itself. Counted from when the question came: this machine's clock need not be the server's.
 */
const SHOWN_MS = 120_000

export interface Question {
  id: string
  question: string
  action: string
  objects: string[]
  expires_at: string
}

interface Closed {
  id: string
  outcome: 'confirmed' | 'declined' | 'expired' | 'void'
  by: 'voice' | 'text' | 'key' | 'click' | null
}

/** The open question, as the agent sends it, and the answer by click. */
export function useConfirmation(
  room: Room,
  agent: string | null,
  note: (id: string, text: string) => void,
  onChanged: () => void,
) {
  const [question, setQuestion] = useState<Question | null>(null)
  const [answering, setAnswering] = useState(false)
  const [trouble, setTrouble] = useState<string>()
  const open = useRef<Question | null>(null)
  /** The last one, also when it is not shown any more: how it ended may be told late. */
  const last = useRef<Question | null>(null)
  const changed = useRef(onChanged)
  changed.current = onChanged

  const show = useCallback((next: Question | null) => {
    open.current = next
    setQuestion(next)
    setAnswering(false)
    setTrouble(undefined)
  }, [])

  useEffect(() => {
    const read = async (reader: TextStreamReader, identity: string) => {
      if (identity !== agentIn(room)?.identity) return
      let message: Question | Closed
      try {
        message = JSON.parse(await reader.readAll()) as Question | Closed
      } catch {
        return // Broken off or no JSON: there is no question in it.
      }
      if ('question' in message) {
        if (open.current?.id === message.id) {
          // The same once more: it was heard, and its time begins. A click may be on its way.
          open.current = message
          setQuestion(message)
        } else {
          show(message)
        }
        last.current = message
        return
      }
      const asked = last.current
      if (asked?.id !== message.id) return
      if (open.current) show(null)
      note(message.id, outcome(asked, message))
      changed.current()
    }
    room.registerTextStreamHandler(TOPIC, (reader, { identity }) => void read(reader, identity))
    return () => room.unregisterTextStreamHandler(TOPIC)
  }, [room, note, show])

  useEffect(() => {
    if (!question) return
    const timer = setTimeout(() => {
      show(null)
      note(question.id, words.confirm.unanswered(question.question))
    }, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [question, note, show])

  const answer = useCallback(
    async (yes: boolean) => {
      const asked = open.current
      if (!asked) return
      if (!agent) {
        setTrouble(words.confirm.notArrived)
        return
      }
      setAnswering(true)
      setTrouble(undefined)
      try {
        const reply = await room.localParticipant.performRpc({
          destinationIdentity: agent,
          method: TOPIC,
          payload: JSON.stringify({ id: asked.id, answer: yes ? 'yes' : 'no' }),
        })
        if (!(JSON.parse(reply) as { taken?: boolean }).taken) throw new Error('not taken')
        // The agent closes the question itself; the card goes with its word.
      } catch {
        if (open.current?.id !== asked.id) return
        setAnswering(false)
        setTrouble(words.confirm.notArrived)
      }
    },
    [room, agent],
  )

  return { question, answering, trouble, answer }
}

function outcome(asked: Question, closed: Closed): string {
  const by = closed.by ? words.confirm.by[closed.by] : ''
  return words.confirm[closed.outcome](asked.question, by)
}
