import type { Microphone, MicrophoneState } from './useMicrophone'

/** No microphone: exactly what to do about it, and that typing goes on. */
export function MicrophoneNotice({ microphone }: { microphone: Microphone }) {
  const help = helpFor(microphone.state)
  if (!help) return null
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{help.title}</strong> {help.text} Until then you can type below.
      </p>
      {microphone.state !== 'unsupported' && <button onClick={microphone.turnOn}>Try again</button>}
    </div>
  )
}

function helpFor(state: MicrophoneState): { title: string; text: string } | null {
  switch (state) {
    case 'denied':
      return { title: 'This page may not use your microphone.', text: `${howToAllow()} It is used at once, without a reload.` }
    case 'missing':
      return { title: 'No microphone was found.', text: 'Plug one in or connect a headset; it is used as soon as it is there.' }
    case 'taken':
      return {
        title: 'Another program is using your microphone.',
        text: 'Close other calls and recorders, then try again.',
      }
    case 'unsupported':
      return {
        title: 'This address cannot use a microphone.',
        text: 'Browsers allow it for https addresses only; ask whoever runs this page for one.',
      }
    default:
      return null
  }
}

function howToAllow(): string {
  const agent = navigator.userAgent
  if (agent.includes('Firefox/')) {
    return 'Click the crossed-out microphone in the address bar and remove the block, then try again.'
  }
  if (/iPhone|iPad/.test(agent)) return 'Tap the page icon in the address bar, then Website Settings, and allow the microphone.'
  if (agent.includes('Safari/') && !agent.includes('Chrome/')) {
    return 'Open Safari, Settings for This Website, and set Microphone to Allow.'
  }
  return 'Click the icon at the left of the address bar and set Microphone to Allow.'
}
