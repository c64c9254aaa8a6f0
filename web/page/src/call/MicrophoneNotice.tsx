import type { MicrophoneState } from './microphoneState'
import type { Microphone } from './useMicrophone'

/** No microphone: exactly what to do about it, and that listening and typing go on. */
export function MicrophoneNotice({ microphone }: { microphone: Microphone }) {
  const help = helpFor(microphone.state)
  if (!help) return null
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{help.title}</strong> {help.text} Until then you hear the assistant and can type below.
      </p>
      {help.again && <button onClick={microphone.turnOn}>Use microphone</button>}
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
  switch (state) {
    case 'denied':
      return {
        title: 'This page may not use your microphone.',
        text: `${howToAllow()} It is used at once, without a reload.`,
        again: true,
      }
    case 'dismissed':
      return {
        title: 'The microphone was not allowed yet.',
        text: 'Press «Use microphone» and choose Allow when the browser asks.',
        again: true,
      }
    case 'blocked':
      return { title: 'Your computer does not let this browser use a microphone.', text: howToUnblock(), again: true }
    case 'missing':
      return {
        title: 'No microphone was found.',
        text: 'Plug one in or connect a headset; it is used as soon as it is there.',
        again: true,
      }
    case 'taken':
      return {
        title: 'Another program is using your microphone.',
        text: 'Close other calls and recorders, then press «Use microphone».',
        again: true,
      }
    case 'silenced':
      return {
        title: 'Your microphone is muted outside this page.',
        text: 'Look for a switch on the headset or keyboard, or for the mute in your system’s sound settings; it goes on by itself.',
        again: false,
      }
    case 'unsupported':
      return {
        title: 'This address cannot use a microphone.',
        text: 'Browsers allow it for https addresses only; ask whoever runs this page for one.',
        again: false,
      }
    default:
      return null
  }
}

function howToAllow(): string {
  const agent = navigator.userAgent
  if (agent.includes('Firefox/')) {
    return 'Click the crossed-out microphone in the address bar and remove the block, then press «Use microphone».'
  }
  if (/iPhone|iPad/.test(agent)) return 'Tap the page icon in the address bar, then Website Settings, and allow the microphone.'
  if (agent.includes('Safari/') && !agent.includes('Chrome/')) {
    return 'Open Safari, Settings for This Website, and set Microphone to Allow.'
  }
  return 'Click the icon at the left of the address bar and set Microphone to Allow.'
}

function howToUnblock(): string {
  const agent = navigator.userAgent
  if (agent.includes('Mac OS')) {
    return 'Open System Settings, Privacy & Security, Microphone, and allow this browser; then press «Use microphone».'
  }
  if (agent.includes('Windows')) {
    return 'Open Settings, Privacy & security, Microphone, and allow desktop apps; then press «Use microphone».'
  }
  return 'Allow it in the system’s privacy settings, then press «Use microphone».'
}
