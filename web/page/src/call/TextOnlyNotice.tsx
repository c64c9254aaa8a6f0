/** The assistant has no voice at the moment: the conversation goes on in writing. */
export function TextOnlyNotice({ reason }: { reason: string }) {
  return (
    <div className="notice" role="alert">
      <p>
        <strong>Voice is unavailable right now; please type.</strong> The answers are written below, and your microphone
        is off until the voice is back. {reason}
      </p>
    </div>
  )
}
