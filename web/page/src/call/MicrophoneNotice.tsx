import { words } from '../words'
import type { MicrophoneState } from './microphoneState'
import type { Microphone } from './useMicrophone'

interface Props {
  microphone: Microphone
  /** It is open while a button is held: whoever asks for it again does not open it by that. */
  holds: boolean
}

/** No microphone: exactly what to do about it, and that listening and typing go on. */
export function MicrophoneNotice({ microphone, holds }: Props) {
  const help = helpFor(microphone.state)
  if (!help && microphone.refused) {
    return (
      <div className="notice" role="alert">
        <p>{words.microphone.refused}</p>
      </div>
    )
  }
  if (!help) return null
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{help.title}</strong> {help.text} {words.microphone.meanwhile}
      </p>
      {help.again && <button onClick={holds ? microphone.get : microphone.turnOn}>{words.microphone.use}</button>}
    </div>
  )
}

interface Help {
  title: string
  text: string
  /** Whether asking again can help. */
  again: boolean
}

function helpFor(state: MicrophoneState): Help | null {
  const { help } = words.microphone
  switch (state) {
    case 'denied':
      return { title: help.denied.title, text: help.denied.text(howToAllow()), again: true }
    case 'blocked':
      return { ...help.blocked, text: howToUnblock(), again: true }
    case 'dismissed':
    case 'missing':
    case 'taken':
      return { ...help[state], again: true }
    case 'silenced':
    case 'unsupported':
      return { ...help[state], again: false }
    default:
      return null
  }
}

function howToAllow(): string {
  const agent = navigator.userAgent
  const { allow } = words.microphone
  if (agent.includes('Firefox/')) return allow.firefox
  if (/iPhone|iPad/.test(agent)) return allow.ios
  if (agent.includes('Safari/') && !agent.includes('Chrome/')) return allow.safari
  return allow.others
}

function howToUnblock(): string {
  const agent = navigator.userAgent
  const { unblock } = words.microphone
  if (agent.includes('Macintosh')) return unblock.mac
  if (agent.includes('Windows')) return unblock.windows
  return unblock.others
}
