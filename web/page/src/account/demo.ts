/** The demo's public accounts, which the server writes into the page of a demo and nowhere else. */

export interface Demo {
  password: string
  emails: string[]
}

export function demo(): Demo | null {
  const content = document.querySelector<HTMLMetaElement>('meta[name="voicetasks-demo"]')?.content
  return content ? (JSON.parse(content) as Demo) : null
}
