import { words } from '../words'

/** What the server calls the place where one may sign in too, which it writes into the page; null where there is none. */
export function provider(): string | null {
  return document.querySelector<HTMLMetaElement>('meta[name="voicetasks-oidc"]')?.content || null
}

/** Why the provider's answer signed nobody in, taken out of the address so that a reload does not say it again. */
export function takeRefusal(): string | undefined {
  const asked = new URLSearchParams(location.search).get('sign-in')
  if (!asked) return undefined
  history.replaceState(null, '', location.pathname)
  const { refused, refusals } = words.signIn
  return refused(refusals[asked] ?? refusals.failed!)
}
