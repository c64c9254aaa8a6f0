/** What the server calls the place where one may sign in too, which it writes into the page; null where there is none. */
export function provider(): string | null {
  return document.querySelector<HTMLMetaElement>('meta[name="voicetasks-oidc"]')?.content || null
}

const REASONS: Record<string, string> = {
  denied: 'You did not allow it there.',
  failed: 'The answer from there could not be believed. Try again.',
  unverified: 'It has not verified an email address of yours.',
  in_use: 'There is an account with your address here already. Sign in with its password.',
  provider_away: 'It does not answer. Try again in a moment.',
  unavailable: 'Accounts cannot be reached right now. Try again in a moment.',
}

/** Why the provider's answer signed nobody in, taken out of the address so that a reload does not say it again. */
export function takeRefusal(): string | undefined {
  const asked = new URLSearchParams(location.search).get('sign-in')
  if (!asked) return undefined
  history.replaceState(null, '', location.pathname)
  return `You are not signed in. ${REASONS[asked] ?? REASONS.failed}`
}
