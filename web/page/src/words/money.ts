import { words } from '.'

const small = new Intl.NumberFormat(words.locale, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', minimumFractionDigits: 4 })
const large = new Intl.NumberFormat(words.locale, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' })

/** Micro-dollars to the hundredth of a cent: what a call costs is less than a cent for a while. */
export const exactly = (microdollars: number) => small.format(microdollars / 1_000_000)

/** Micro-dollars in whole cents. */
export const roughly = (microdollars: number) => large.format(microdollars / 1_000_000)
