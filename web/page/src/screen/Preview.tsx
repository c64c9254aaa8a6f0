import { useEffect, useRef } from 'react'

import { words } from '../words'

/** What is being shared, small. */
export function Preview({ track }: { track: MediaStreamTrack }) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    const shown = video.current
    if (!shown) return
    shown.srcObject = new MediaStream([track])
    return () => {
      shown.srcObject = null
    }
  }, [track])
  return <video className="preview" ref={video} muted autoPlay playsInline aria-label={words.screen.preview} />
}
