/** The fields of a search form that were filled in, as the query of an address. */
export function searched(form: HTMLFormElement, fields: readonly string[]): string {
  const data = new FormData(form)
  const given = new URLSearchParams()
  for (const field of fields) {
    const value = String(data.get(field) ?? '').trim()
    if (value) given.set(field, value)
  }
  return given.toString()
}
