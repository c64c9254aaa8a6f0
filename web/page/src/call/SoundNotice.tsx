import { useAudioPlayback } from '@livekit/components-react'
import type { Room } from 'livekit-client'

/** Browsers keep a page silent until it was touched: one tap lets it speak. */
export function SoundNotice({ room }: { room: Room }) {
  const { canPlayAudio, startAudio } = useAudioPlayback(room)
  if (canPlayAudio) return null
  return (
    <div className="notice" role="alert">
      <p>
        <strong>Your browser keeps this page silent.</strong> Until you tap, what the assistant says is only written below.
      </p>
      <button className="primary" onClick={() => void startAudio()}>
        Tap to hear
      </button>
    </div>
  )
}
