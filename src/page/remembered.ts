/** What a tab knows after it was loaded again: whether an agent was at work in it. */

const KEY = 'fedrl'

/** An agent that was at work. */
export interface Remembered {
  readonly name: string
  /** files were chosen, which a page cannot open again by itself */
  readonly needsFiles: boolean
}

/** The agent that was at work in this tab when it was closed or loaded again, if any. */
export function remembered(): Remembered | null {
  const text = sessionStorage.getItem(KEY)
  return text === null ? null : (JSON.parse(text) as Remembered)
}

/** Remembers that an agent is at work. */
export const remember = (agent: Remembered): void => sessionStorage.setItem(KEY, JSON.stringify(agent))

/** Nobody is at work any more. */
export const forget = (): void => sessionStorage.removeItem(KEY)
