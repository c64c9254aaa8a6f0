/** Why a call of this page is over, and what the page says and offers then. */

export type Why =
  | { kind: 'hung-up' }
  | { kind: 'finished' }
  | { kind: 'lost'; callId: string }
  | { kind: 'moved'; callId: string }
  | { kind: 'busy'; message: string }
  | { kind: 'failed'; message: string }
  | { kind: 'trouble' }

export interface Ending {
  title: string
  text: string
  /** The words on the button that calls again. */
  again: string
  bad: boolean
}

export function endingOf(why: Why): Ending {
  switch (why.kind) {
    case 'hung-up':
      return { title: 'Call ended', text: 'Your tasks are saved.', again: 'Call again', bad: false }
    case 'finished':
      return { title: 'The assistant said goodbye', text: 'Your tasks are saved.', again: 'Call again', bad: false }
    case 'lost':
      return {
        title: 'The connection was lost',
        text: 'Check your network. Your call waits for you for two minutes.',
        again: 'Back to the call',
        bad: true,
      }
    case 'moved':
      return {
        title: 'The call goes on in another tab',
        text: 'A call has one microphone, so this tab let go of it.',
        again: 'Bring it back here',
        bad: false,
      }
    case 'busy':
      return { title: 'All lines are busy', text: `${why.message} Try again in a minute.`, again: 'Try again', bad: true }
    case 'failed':
      return { title: 'The call could not start', text: why.message, again: 'Try again', bad: true }
    case 'trouble':
      return {
        title: 'The assistant had to stop',
        text: 'Its voice service failed. What was confirmed is saved; the task list shows it.',
        again: 'Call again',
        bad: true,
      }
  }
}
