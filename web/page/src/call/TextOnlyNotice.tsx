import { words } from '../words'

/** The assistant has no voice at the moment: the conversation goes on in writing. */
export function TextOnlyNotice({ reason }: { reason: string }) {
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{words.call.noVoice}</strong> {words.call.noVoiceText} {reason}
      </p>
    </div>
  )
}
