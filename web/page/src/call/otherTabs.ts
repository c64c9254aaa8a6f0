/** One call at a time per browser: tabs tell each other of theirs, so that a call moves instead of being doubled. */

type Message = { kind: 'who' } | { kind: 'here'; callId: string } | { kind: 'over' }

export class OtherTabs {
  private readonly channel = new BroadcastChannel('voicetasks.call')
  private mine: string | null = null

  /** `onChange` hears the id of a call that another tab has, or null once it has none. */
  constructor(onChange: (callId: string | null) => void) {
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'who' && this.mine) this.tell({ kind: 'here', callId: this.mine })
      else if (data.kind === 'here') onChange(data.callId)
      else if (data.kind === 'over') onChange(null)
    }
    this.tell({ kind: 'who' })
  }

  /** This tab has a call now. */
  has(callId: string): void {
    this.mine = callId
    this.tell({ kind: 'here', callId })
  }

  /** This tab's call has ended. One that moved to another tab is not over. */
  hasNone(moved: boolean): void {
    if (this.mine !== null && !moved) this.tell({ kind: 'over' })
    this.mine = null
  }

  close(): void {
    this.channel.close()
  }

  private tell(message: Message): void {
    this.channel.postMessage(message)
  }
}
