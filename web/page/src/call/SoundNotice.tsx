import { useAudioPlayback } from '@livekit/components-react'
import type { Room } from 'livekit-client'
import { words } from '../words'

/** Browsers keep a page silent until it was touched: one tap lets it speak. */
export function SoundNotice({ room }: { room: Room }) {
  const { canPlayAudio, startAudio } = useAudioPlayback(room)
  if (canPlayAudio) return null
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{words.call.silentPage}</strong> {words.call.silentPageText}
      </p>
      <button className="primary" onClick={() => void startAudio()}>
        {words.call.tapToHear}
      </button>
    </div>
  )
}
