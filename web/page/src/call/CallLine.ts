import { ConnectionState, DisconnectReason, Room, RoomEvent, setLogLevel } from 'livekit-client'

import { ApiError, connectionOf } from '../api'
import { type Why, whyLeft, whyNot } from './ending'
import { keepCall } from './keptCall'
import { type Rejoin, WAIT_MS, wayIn } from './rejoin'
import { type Parting, agentIn, partingOf } from './useAgent'

// At «info» the library writes addresses and identities to the console.
setLogLevel('warn')

/** `until`: when the call stops waiting for this page, ms since 1970. */
export type Connection = { state: 'connecting' } | { state: 'connected' } | { state: 'lost'; until: number }

export interface Listener {
  onConnection: (connection: Connection) => void
  onConnected: (callId: string) => void
  onOver: (why: Why) => void
  onSignedOut: () => void
}

/** The library's one try to resume comes this late, and only if we know by then that the call is still ours. */
const RESUME_MS = 800
const KNOW_WITHIN_MS = 700
/** A room server that has just started knows a room again once the agent is back in it. */
const GONE_FOR_GOOD_MS = 8_000
const LEFT_AFTER_MS = 2_000
const PAUSES_MS = [200, 500, 1_000, 2_000, 3_000]

/**
 * The page's line into a call: it enters, comes back by itself when the connection drops, and tells once why it is over.
 *
 * The room server lets whoever resumes an identity's session take it over, even from another device that holds the call
 * by now, and two pages that resume by themselves would throw each other out for ever. So nobody here dials without
 * asking first who holds the call: the library resumes once, after a check; everything else is an entry of ours.
 */
export class CallLine {
  // What is said before the agent is there is recorded, and sent once it is (livekit's pre-connect buffer).
  readonly room = new Room({
    publishDefaults: { preConnectBuffer: true, dtx: false },
    audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    disconnectOnPageLeave: true,
    reconnectPolicy: { nextRetryDelayInMs: ({ retryCount }) => this.onDropped(retryCount) },
  })
  private csrf = ''
  private callId = ''
  private held: string | null = null
  private entered = false
  private over = true
  private comingBack = false
  private checking = false
  private parting: Parting | null = null
  private lostAt: number | null = null
  private goneSince: number | null = null
  private timers: ReturnType<typeof setInterval>[] = []
  private wake = () => {}

  constructor(private readonly listener: Listener) {}

  /** Make the call, or come back to one. Call `leave` in any case. */
  enter(csrf: string, rejoin: Rejoin | null): void {
    this.csrf = csrf
    this.over = false
    this.room
      .on(RoomEvent.ConnectionStateChanged, this.onState)
      .on(RoomEvent.Reconnecting, this.takeOver)
      .on(RoomEvent.Disconnected, this.onDisconnected)
      .on(RoomEvent.ParticipantAttributesChanged, this.onAttributes)
    window.addEventListener('beforeunload', this.onPageLeave)
    window.addEventListener('pagehide', this.onPageLeave)
    window.addEventListener('offline', this.onOffline)
    window.addEventListener('online', this.onOnline)
    this.timers = [setInterval(this.onTick, 1_000)]
    if (rejoin?.unasked) {
      this.callId = rejoin.callId
      this.held = rejoin.held
      void this.comeBack()
    } else {
      void this.begin(rejoin)
    }
  }

  /** Leave the room and hear nothing more. */
  leave(): void {
    this.over = true
    this.wake()
    this.room
      .off(RoomEvent.ConnectionStateChanged, this.onState)
      .off(RoomEvent.Reconnecting, this.takeOver)
      .off(RoomEvent.Disconnected, this.onDisconnected)
      .off(RoomEvent.ParticipantAttributesChanged, this.onAttributes)
    window.removeEventListener('beforeunload', this.onPageLeave)
    window.removeEventListener('pagehide', this.onPageLeave)
    window.removeEventListener('offline', this.onOffline)
    window.removeEventListener('online', this.onOnline)
    for (const timer of this.timers) clearInterval(timer)
    void this.room.disconnect()
  }

  private async begin(rejoin: Rejoin | null): Promise<void> {
    try {
      const made = await wayIn(this.csrf, rejoin)
      if (this.over) return
      this.callId = made.call_id
      await this.room.connect(made.url, made.token)
      this.isConnected()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.isSignedOut()
      else this.isOver(whyNot(error))
    }
  }

  private async comeBack(): Promise<void> {
    this.comingBack = true
    this.isLost()
    for (let tried = 0; !this.over; tried++) {
      try {
        const made = await wayIn(this.csrf, { callId: this.callId, held: this.held, unasked: true })
        if (this.over) return
        await this.room.connect(made.url, made.token)
        this.comingBack = false
        this.isConnected()
        return
      } catch (error) {
        if (this.isHopeless(error)) return
      }
      // A page that was loaded anew and is not let in at once has to say so, too.
      this.tellLost()
      await this.pause(PAUSES_MS[Math.min(tried, PAUSES_MS.length - 1)]!)
    }
  }

  /** Whether there is nothing to come back to; what is over is told. */
  private isHopeless(error: unknown): boolean {
    if (this.over) return true
    const status = error instanceof ApiError ? error.status : 0
    if (status === 401) this.isSignedOut()
    else if (status === 409) this.isOver({ kind: 'moved', callId: this.callId })
    else if (status === 404) {
      this.goneSince ??= Date.now()
      // A page that was loaded anew has lost nothing but its call: no need to make it wait for a room server.
      if (!this.entered || Date.now() - this.goneSince > GONE_FOR_GOOD_MS) this.isOver({ kind: 'gone' })
    }
    return this.over
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  // -- what the room and the window tell ------------------------------------------------------------------------

  private readonly onState = (state: ConnectionState) => {
    if (state === ConnectionState.Connected && this.entered && !this.comingBack) this.isConnected()
  }

  /** The connection dropped. Gives the library's pause before it resumes, or null: it leaves that to us. */
  private onDropped(retryCount: number): number | null {
    if (this.over || this.comingBack || retryCount > 0) return null
    this.isLost()
    if (!this.checking) void this.checkHolder()
    return RESUME_MS
  }

  private async checkHolder(): Promise<void> {
    this.checking = true
    const ours = await connectionOf(this.callId, KNOW_WITHIN_MS).then(
      (holder) => holder === this.held,
      () => false,
    )
    this.checking = false
    if (!ours) this.takeOver()
  }

  /** From the library to us. */
  private readonly takeOver = () => {
    if (this.over || this.comingBack) return
    this.comingBack = true
    // Without a word: to the agent a goodbye is a caller who hung up, for whom it does not wait.
    void this.room.engine?.client.close()
    void this.room.disconnect().then(() => this.comeBack())
  }

  private readonly onDisconnected = (reason?: DisconnectReason) => {
    // A connection that could not be made is told by connect().
    if (!this.entered || this.comingBack) return
    const why = whyLeft(reason, this.callId, this.parting)
    if (why) this.isOver(why)
    else void this.comeBack()
  }

  private readonly onAttributes = () => {
    this.parting = partingOf(agentIn(this.room)?.attributes['voicetasks.state'])
  }

  private readonly onPageLeave = () => {
    if (!this.entered) return
    keepCall(this.callId, this.held)
    if (this.comingBack) return
    this.comingBack = true
    // A tab that is still there after that was not left: a download, say.
    this.timers.push(setTimeout(() => void this.comeBack(), LEFT_AFTER_MS))
  }

  // Else the library would resume on «online» without a look at who holds the call.
  private readonly onOffline = () => {
    if (this.entered) this.takeOver()
  }

  private readonly onOnline = () => this.wake()

  /** By the clock, not by a timer: a tab that slept has waited too. */
  private readonly onTick = () => {
    if (this.lostAt !== null && Date.now() > this.lostAt + WAIT_MS) this.isOver({ kind: 'lost' })
  }

  // -- what is told ---------------------------------------------------------------------------------------------

  private isConnected(): void {
    this.entered = true
    this.held = this.room.localParticipant.sid || this.held
    this.lostAt = this.goneSince = null
    this.listener.onConnection({ state: 'connected' })
    this.listener.onConnected(this.callId)
  }

  private isLost(): void {
    this.lostAt ??= Date.now()
    if (this.entered) this.tellLost()
  }

  private tellLost(): void {
    if (this.lostAt !== null) this.listener.onConnection({ state: 'lost', until: this.lostAt + WAIT_MS })
  }

  private isOver(why: Why): void {
    if (this.over) return
    this.over = true
    this.listener.onOver(why)
  }

  private isSignedOut(): void {
    if (this.over) return
    this.over = true
    this.listener.onSignedOut()
  }
}
