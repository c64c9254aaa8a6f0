import { LocalAudioTrack, type LocalTrack, type Room } from 'livekit-client'

/**
 * A microphone on its way into the room. Whether it hears is decided before the library records anything of it (its
 * pre-connect buffer is sent to the agent): `setMicrophoneEnabled` opens it first, and what is shut only afterwards
 * has been heard until then.
 */
export class NewMicrophone {
  private track: LocalTrack | undefined

  constructor(private readonly room: Room) {}

  /** Ask for the device and put it into the room. `isOpen` is asked once the device is there. */
  async publish(isOpen: () => boolean): Promise<void> {
    const me = this.room.localParticipant
    const [track] = await me.createTracks({ audio: true })
    if (!track) return
    this.track = track
    this.hears(isOpen())
    const heard = track instanceof LocalAudioTrack ? track : null
    heard?.startPreConnectBuffer()
    try {
      await me.publishTrack(track)
    } catch (error) {
      track.stop()
      throw error
    }
  }

  /** Open it or shut it meanwhile. Not muted: the room would not be told of it before it has the track. */
  hears(on: boolean): void {
    if (this.track) this.track.mediaStreamTrack.enabled = on
  }
}
