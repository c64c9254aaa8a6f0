import { type Room, type TextStreamReader } from 'livekit-client'
import { useCallback, useEffect, useRef, useState } from 'react'

import { agentIn } from './useAgent'

export interface Line {
  id: string
  who: 'you' | 'assistant' | 'note'
  text: string
  final: boolean
}

const TOPIC = 'lk.transcription'
const CHAT = 'lk.chat'
const SEGMENT = 'lk.segment_id'
const FINAL = 'lk.transcription_final'
/** A call of an hour has some hundred lines; the oldest go first. */
const MOST_LINES = 500
export const MOST_CHARACTERS = 2000

/**
 * Both sides in words. The agent's come as one stream a segment, piece by piece; ours as a new stream for each
 * version of a segment, sent in our own name.
 */
export function useTranscript(room: Room, onReplied: () => void) {
  const [lines, setLines] = useState<Line[]>([])
  const replied = useRef(onReplied)
  replied.current = onReplied

  const put = useCallback((line: Line) => {
    setLines((before) => {
      const at = before.findIndex((one) => one.id === line.id)
      if (at < 0) return line.text.trim() ? [...before, line].slice(-MOST_LINES) : before
      // Versions may overtake each other: what is final stays.
      if (before[at]!.final && !line.final) return before
      return before.with(at, line)
    })
  }, [])

  useEffect(() => {
    const read = async (reader: TextStreamReader, identity: string) => {
      const mine = identity === room.localParticipant.identity
      if (!mine && identity !== agentIn(room)?.identity) return
      const id = `${mine ? 'you' : 'assistant'} ${reader.info.attributes?.[SEGMENT] ?? reader.info.id}`
      const who = mine ? 'you' : 'assistant'
      let text = ''
      try {
        for await (const piece of reader) {
          text += piece
          put({ id, who, text, final: false })
        }
      } catch {
        // The room closed in the middle: what came is kept.
      }
      const final = !mine || reader.info.attributes?.[FINAL] === 'true'
      put({ id, who, text, final })
      if (!mine) replied.current()
    }
    room.registerTextStreamHandler(TOPIC, (reader, { identity }) => void read(reader, identity))
    return () => room.unregisterTextStreamHandler(TOPIC)
  }, [room, put])

  const send = useCallback(
    async (text: string) => {
      const sent = await room.localParticipant.sendText(text, { topic: CHAT })
      put({ id: `you ${sent.id}`, who: 'you', text, final: true })
    },
    [room, put],
  )

  const note = useCallback(
    (id: string, text: string) => put({ id: `note ${id}`, who: 'note', text, final: true }),
    [put],
  )

  return { lines, send, note }
}
