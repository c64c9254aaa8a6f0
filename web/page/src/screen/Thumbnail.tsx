import { useEffect, useRef } from 'react'

import { words } from '../words'
import type { ScreenShare } from './useScreenShare'

const WIDTH = 320
const AROUND = 0.04
/** Tasks that come from a screen are asked about under these names. */
const FROM_SCREEN = new Set(['create_task', 'update_task'])

/** The piece of the screen that a question is about, drawn from the page's own track and kept nowhere else. */
export function Thumbnail({ screen, action, objects }: { screen: ScreenShare; action: string; objects: string[] }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { track, read } = screen
  // A look that found several things, or a question about several tasks, is of no one piece.
  const shown = track !== null && read !== null && objects.length < 2 && FROM_SCREEN.has(action)
  useEffect(() => {
    if (!track || !canvas.current) return
    const video = document.createElement('video')
    video.muted = true
    video.srcObject = new MediaStream([track])
    const draw = () => {
      const to = canvas.current
      if (!to || !video.videoWidth) return
      const [top, left, bottom, right] = (read?.box ?? [0, 0, 1000, 1000]).map((place) => place / 1000) as Box
      const x = Math.max(0, left - AROUND) * video.videoWidth
      const y = Math.max(0, top - AROUND) * video.videoHeight
      const width = Math.min(1, right + AROUND) * video.videoWidth - x
      const height = Math.min(1, bottom + AROUND) * video.videoHeight - y
      to.width = WIDTH
      to.height = Math.max(1, Math.round((WIDTH * height) / width))
      to.getContext('2d')?.drawImage(video, x, y, width, height, 0, 0, to.width, to.height)
      to.dataset.drawn = 'true'
    }
    video.addEventListener('loadeddata', draw, { once: true })
    void video.play().catch(() => undefined)
    return () => {
      video.removeEventListener('loadeddata', draw)
      video.srcObject = null
    }
  }, [track, read, shown])
  if (!shown) return null
  return <canvas className="thumbnail" ref={canvas} role="img" aria-label={words.screen.piece} />
}

type Box = [number, number, number, number]
