/** What a page and its worker say to each other. */
import type { Ledger } from './ledger.ts'
import type { Status } from './status.ts'

/** How an agent begins. */
export interface Start {
  readonly type: 'start'
  readonly name: string
  /** of the server, `ws:` or `wss:` */
  readonly url: string
  /** Ed25519, to sign with; the worker cannot read it */
  readonly key: CryptoKey | null
  /** to learn from; null where the agent learns as the experiment says */
  readonly log: File | null
}

/** To the worker. */
export type Order = Start | { readonly type: 'stop'; readonly how: 'paused' | 'left' }

/** From the worker: how the agent is, and what went over the line. */
export interface Report {
  readonly status: Status
  readonly ledger: Ledger
}
