/** The faults of the sandbox's vendors, and what the page can do to them. */

import { ask, post } from '../api'

export interface Fault {
  service: string
  kind: string
  on: boolean
}

/** What can be broken from the page. */
export const SERVICES = ['openai-realtime', 'openai-chat', 'deepgram-stt', 'cartesia', 'deepgram-tts'] as const

const PATH = '/api/sandbox/faults'

type Faults = { faults: Fault[] }

export const listFaults = async (): Promise<Fault[]> => (await ask<Faults>(PATH)).faults

/** `cut`: its sockets break off now and nobody gets in; `silent`: it stays connected and never says a word. */
export const breakNow = async (csrf: string, service: string, kind: 'cut' | 'silent'): Promise<Fault[]> =>
  (await ask<Faults>(PATH, post({ service, kind }, csrf))).faults

export const heal = async (csrf: string, service: string): Promise<Fault[]> =>
  (await ask<Faults>(`${PATH}?service=${encodeURIComponent(service)}`, { ...post({}, csrf), method: 'DELETE' })).faults
