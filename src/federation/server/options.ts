/** What a server of a federation is told at its start, and what it tells. */
import type { Position } from '../../protocol/session-messages.ts'
import type { Limits } from '../../transport.ts'
import type { Clock } from '../clock.ts'
import type { ServerStore } from '../server-store.ts'
import type { Gate } from './gate.ts'
import type { Traffic } from './traffic.ts'

/** What a server is told at its start. */
export interface ServerOptions {
  /** K */
  readonly agents: number
  /** names of agents by index, where they are known beforehand: they become those of the store */
  readonly names?: readonly string[]
  /** identity of the experiment: its SHA-256, 64 hexadecimal digits */
  readonly run: string
  /** the resolved experiment, UTF-8, for agents that ask for it */
  readonly experiment: Uint8Array
  readonly store: ServerStore
  readonly clock: Clock
  /** 32 hexadecimal digits, new at each call */
  readonly newSession: () => string
  /** who is let in; without it whoever gives a name that is free */
  readonly gate?: Gate
  /** those of the listeners */
  readonly limits: Pick<Limits, 'frameBytes' | 'helloMs' | 'silenceMs'>
  /** counts what goes to and fro; default: counts of this server's own */
  readonly traffic?: Traffic
  readonly onNotice?: (notice: ServerNotice) => void
}

/** What a server tells of: who comes and goes, what it refuses. */
export type ServerNotice =
  /** `freed`: the agent cannot take part, and never did: another name may have its index */
  | { readonly type: 'joined' | 'left' | 'freed'; readonly agent: number; readonly name: string }
  /** no phase opens or closes until the run is resumed */
  | { readonly type: 'paused' | 'resumed' }
  /** an Update was refused */
  | { readonly type: 'refused'; readonly agent: number; readonly name: string; readonly reason: string }
  /** a connection, or an agent that wanted to join or had joined, was sent away; nulls where several agents share the connection, or no member does */
  | {
      readonly type: 'turned-away'
      readonly peer: string
      readonly name: string | null
      readonly agent: number | null
      readonly reason: string
    }
  /** a phase closed, with the Updates of these agents, some of them late; seconds since its Task went out, null where it did not */
  | {
      readonly type: 'closed'
      readonly position: Position
      /** of a round */
      readonly phases: number
      readonly agents: readonly number[]
      readonly late: readonly number[]
      readonly seconds: number | null
    }
