import type { Why } from './ending'

export interface Ending {
  title: string
  text: string
  /** The words on the button that calls again. */
  again: string
  bad: boolean
}

/** What the page says and offers after a call. */
export function endingOf(why: Why): Ending {
  switch (why.kind) {
    case 'hung-up':
      return { title: 'Call ended', text: 'Your tasks are saved.', again: 'Call again', bad: false }
    case 'finished':
      return { title: 'The assistant said goodbye', text: 'Your tasks are saved.', again: 'Call again', bad: false }
    case 'gone':
      return {
        title: 'The call has ended',
        text: 'It ended while this page was away. Your tasks are saved.',
        again: 'Call again',
        bad: false,
      }
    case 'lost':
      return {
        title: 'The connection was lost',
        text: 'The call waited two minutes for you and has ended. Your tasks are saved. Check your network, then call again.',
        again: 'Call again',
        bad: true,
      }
    case 'moved':
      return {
        title: 'This call goes on in another tab or device',
        text: 'A call has one microphone, so this tab let go of it.',
        again: 'Take it back here',
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
