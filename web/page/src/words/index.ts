import { en, type Words } from './en'

/** Every language that the page speaks, by its code. */
const LANGUAGES: Record<string, Words> = { en }

/** In the first language of the browser's that the page speaks too. */
const code = navigator.languages.map((tag) => tag.slice(0, 2)).find((one) => one in LANGUAGES) ?? 'en'

export const words: Words = LANGUAGES[code] ?? en

document.documentElement.lang = code
