/** How an agent in a tab is doing, as the page shows it: a pure function of what has happened. */
import type { FailureCode } from '../protocol/session-messages.ts'

/**
 * `idle` before the first start; `connecting`, `waiting` for the other agents, `learning`, `away` while it tries to come back, `held` by
 * the server; `paused` and `left` by the person; over: `finished`, `refused` by the server, `failed` in the tab.
 */
export type State =
  | 'idle'
  | 'connecting'
  | 'waiting'
  | 'learning'
  | 'away'
  | 'held'
  | 'paused'
  | 'left'
  | 'finished'
  | 'refused'
  | 'failed'

/** What the page shows of an agent. */
export interface Status {
  readonly state: State
  /** a sentence on why; empty where the state says it all */
  readonly reason: string
  readonly experiment: string
  /** the index of the agent; null before it was welcomed */
  readonly agent: number | null
  /** K; 0 before it was welcomed */
  readonly agents: number
  /** runs of the experiment, and the one under way, from 1; 0 while unknown */
  readonly runs: number
  readonly run: number
  /** rounds of the run under way, and the one that is worked on, from 1; 0 while unknown */
  readonly rounds: number
  readonly round: number
  /** what a person should know of this experiment before taking part; empty where that is nothing */
  readonly warning: string
  /** updates that the server refused, and why it refused the last */
  readonly refusedUpdates: number
  readonly refusal: string
}

/** Before anything has happened. */
export const initialStatus: Status = {
  state: 'idle',
  reason: '',
  experiment: '',
  agent: null,
  agents: 0,
  runs: 0,
  run: 0,
  rounds: 0,
  round: 0,
  warning: '',
  refusedUpdates: 0,
  refusal: '',
}

/** What happens to an agent. */
export type Happening =
  | { readonly type: 'started' }
  | { readonly type: 'welcomed'; readonly agent: number; readonly agents: number }
  | ({ readonly type: 'opened' } & Pick<Status, 'experiment' | 'runs' | 'run' | 'rounds' | 'warning'>)
  | { readonly type: 'asked'; readonly round: number }
  /** nothing was asked of it for a while */
  | { readonly type: 'unasked' }
  | { readonly type: 'held' }
  | { readonly type: 'away'; readonly reason: string }
  | { readonly type: 'update-refused'; readonly reason: string }
  | { readonly type: 'stopped'; readonly how: 'paused' | 'left' }
  | { readonly type: 'finished' }
  | { readonly type: 'refused'; readonly code: FailureCode; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string }

/** The status after something has happened. */
export function after(status: Status, happening: Happening): Status {
  switch (happening.type) {
    case 'started':
      return { ...initialStatus, state: 'connecting' }
    case 'welcomed':
      return {
        ...status,
        state: 'waiting',
        reason: '',
        agent: happening.agent,
        agents: happening.agents,
      }
    case 'opened': {
      const { type: _, ...opened } = happening
      return { ...status, ...opened, round: 0 }
    }
    case 'asked':
      return { ...status, state: 'learning', reason: '', round: happening.round }
    case 'unasked':
      return status.state === 'learning' ? { ...status, state: 'waiting' } : status
    case 'held':
      return { ...status, state: 'held' }
    case 'away':
      return { ...status, state: 'away', reason: happening.reason }
    case 'update-refused':
      return { ...status, refusedUpdates: status.refusedUpdates + 1, refusal: happening.reason }
    case 'stopped':
      return { ...status, state: happening.how, reason: '' }
    case 'finished':
      return { ...status, state: 'finished', reason: '' }
    case 'refused':
      return { ...status, state: 'refused', reason: `${EXPLAINED[happening.code] ?? ''}${happening.reason}` }
    case 'failed':
      return { ...status, state: 'failed', reason: happening.reason }
  }
}

/** What a person can do about a refusal, before the server's own words. */
const EXPLAINED: Partial<Record<FailureCode, string>> = {
  version: 'This page and the server speak different versions of the protocol; load the page again. ',
  unauthorized: 'The server does not know this name, or wants another key for it. ',
  revoked: 'The key of this agent was revoked. ',
  replaced: 'Another tab or program with the key of this agent has taken its place. ',
  mismatch:
    'What this tab learns from does not fit the experiment, or what this agent has kept lies in another browser. ',
}

/** Whether the agent is at work, or tries to be. */
export const isActive = ({ state }: Status): boolean =>
  state === 'connecting' ||
  state === 'waiting' ||
  state === 'learning' ||
  state === 'away' ||
  state === 'held'
