import { words } from '../words'
import type { PushToTalk } from './usePushToTalk'

/** Held, the microphone is open. */
export function HoldButton({ talk, disabled }: { talk: PushToTalk; disabled: boolean }) {
  const { hold, talking } = words.microphone
  return (
    <button
      className={talk.holding ? 'mic hold primary' : 'mic hold'}
      disabled={disabled}
      aria-pressed={talk.holding}
      title={words.tools.holdHint}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        talk.press()
      }}
      onPointerUp={talk.release}
      onPointerCancel={talk.release}
      onContextMenu={(event) => event.preventDefault()}
    >
      {talk.holding ? talking : hold}
    </button>
  )
}
