interface Props {
  /** Nothing is shown without it. */
  text: string | null
  id?: string
}

/** Why something was not done, read out as soon as it is there. */
export function Problem({ text, id }: Props) {
  return (
    text && (
      <p id={id} className="field-error" role="alert">
        {text}
      </p>
    )
  )
}
