import { createAudioAnalyser, type LocalAudioTrack } from 'livekit-client'
import { useEffect, useState } from 'react'

const EVERY_MS = 80
/** From the hush of a room to a raised voice, in dB of full scale. */
const QUIET_DB = -55
const LOUD_DB = -12

/** How loud a track is, 0 to 10: speech at a normal distance stands around the middle. `stream` is what sounds in it now. */
export function useLevel(track: LocalAudioTrack | undefined, stream: MediaStreamTrack | undefined): number {
  const [level, setLevel] = useState(0)
  useEffect(() => {
    if (!track) {
      setLevel(0)
      return
    }
    const { analyser, cleanup } = createAudioAnalyser(track, { cloneTrack: true, fftSize: 2048 })
    const samples = new Float32Array(analyser.fftSize)
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length
      const db = 10 * Math.log10(power + 1e-10)
      setLevel(Math.round(10 * Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)))))
    }, EVERY_MS)
    return () => {
      clearInterval(timer)
      void cleanup()
    }
  }, [track, stream])
  return level
}
