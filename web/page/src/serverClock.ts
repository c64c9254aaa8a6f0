/** The server's time: what it dates is compared with its own clock, not with this machine's. */

let aheadMs = 0

/** Take the time from an answer. */
export function noteServersTime(answer: Response): void {
  const said = Date.parse(answer.headers.get('Date') ?? '')
  if (!Number.isNaN(said)) aheadMs = said - Date.now()
}

/** Now by the server's clock, ms since 1970, to about a second. */
export const serversNow = () => Date.now() + aheadMs
