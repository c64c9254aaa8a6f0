import { words } from '../words'
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
  const { endings, common } = words
  const again = endings.callAgain
  switch (why.kind) {
    case 'hung-up':
      return { ...endings.hungUp, again, bad: false }
    case 'finished':
      return { ...endings.finished, again, bad: false }
    case 'gone':
      return { ...endings.gone, again, bad: false }
    case 'lost':
      return { ...endings.lost, again, bad: true }
    case 'moved':
      return { ...endings.moved, again: endings.takeBack, bad: false }
    case 'busy':
      return { ...endings.busy, again: common.again, bad: true }
    case 'failed':
      return { ...endings.failed, text: why.message, again: common.again, bad: true }
    case 'trouble':
    case 'out_of_money':
    case 'switched_off':
      return { ...endings[why.kind], again, bad: true }
  }
}
