/** What can be the matter with a microphone, and how to find out. */

export type MicrophoneTrouble =
  /** The user, or a policy, does not let this page hear. */
  | 'denied'
  /** The browser asked, and its question was closed. */
  | 'dismissed'
  /** The operating system does not let the browser hear. */
  | 'blocked'
  | 'missing'
  /** Another program holds it. */
  | 'taken'
  /** The page did not come by https, or the browser is too old. */
  | 'unsupported'

export type MicrophoneState =
  | 'asking'
  | 'on'
  /** By the user. */
  | 'muted'
  /** By the operating system, or a switch on the headset. */
  | 'silenced'
  /** By us, since nobody can hear at the moment. */
  | 'paused'
  | MicrophoneTrouble

/** Why the browser gives none; null when only the room was too slow to take it. */
export function whyNone(error: unknown): MicrophoneTrouble | null {
  const { name, message } = error instanceof Error ? error : { name: '', message: '' }
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      if (/by system/i.test(message)) return 'blocked'
      return /dismiss/i.test(message) ? 'dismissed' : 'denied'
    case 'NotReadableError':
    case 'AbortError':
      return 'taken'
    case 'PublishTrackError':
    case 'UnexpectedConnectionState':
    case 'NegotiationError':
    case 'ConnectionError':
      return null
    default:
      return 'missing'
  }
}

/** Why a microphone that worked has stopped. */
export async function whyStopped(): Promise<MicrophoneTrouble> {
  const permission = await navigator.permissions
    ?.query({ name: 'microphone' as PermissionName })
    .catch(() => undefined)
  return permission && permission.state !== 'granted' ? 'denied' : 'missing'
}
