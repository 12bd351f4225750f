/**
 * What a server and agents say to each other around Task and Update: who is there, what is due, what became of an Update. Task and Update of
 * an algorithm travel inside, as frames that nobody on the way has to understand. `docs/protocol.md` has the order of it all.
 */

/** A phase of a run: one Task out, one Update back. */
export interface Position {
  /** index of the variant in the experiment file, from 0 */
  readonly variant: number
  readonly seed: number
  /** averagings done before */
  readonly round: number
  /** phase of the round, from 0 */
  readonly phase: number
}

/** The agent names itself and the versions of the protocol that it speaks. */
export interface Hello {
  readonly kind: 'hello'
  /** versions lowest .. highest */
  readonly lowest: number
  readonly highest: number
  /** of the agent, one in a federation: letters, digits, - and _, 1 to 64 of them */
  readonly name: string
  /** what program the agent is, in plain words */
  readonly client: string
  /** 1 when the Welcome shall bring the experiment, else 0 */
  readonly experiment: number
}

/** The server asks the agent to prove that it has its key. */
export interface Challenge {
  readonly kind: 'challenge'
  /** the highest version that both speak */
  readonly version: number
  /** 32 hexadecimal digits, new for every Hello */
  readonly session: string
  readonly name: string
  /** what the server is called; the agent signs the name that it expects */
  readonly server: string
  /** [32] random bytes, new for every Hello */
  readonly nonce: Uint8Array
}

/** The agent's answer to a Challenge. */
export interface Proof {
  readonly kind: 'proof'
  readonly session: string
  readonly name: string
  /** [64] Ed25519 over {@link proofBytes} */
  readonly signature: Uint8Array
}

/** The server takes the agent in. */
export interface Welcome {
  readonly kind: 'welcome'
  readonly version: number
  readonly session: string
  readonly name: string
  /** index of the agent in the run */
  readonly agent: number
  /** K */
  readonly agents: number
  /** identity of the run: SHA-256 of the resolved experiment as the server has it, 64 hexadecimal digits */
  readonly run: string
  /** the position that is due, whether or not it is open yet */
  readonly variant: number
  readonly seed: number
  readonly round: number
  readonly phase: number
  /** the longest frame that the server reads, bytes */
  readonly maxBytes: number
  /** the server closes a connection that has been silent so long, pings and pongs included, seconds */
  readonly idleSeconds: number
  /** the resolved experiment as UTF-8 text, where the Hello asked for it, else null */
  readonly experiment: Uint8Array | null
}

/** The server asks agents to work on the Task inside. */
export interface TaskMessage<Payload = Uint8Array> extends Position {
  readonly kind: 'task'
  /** so many Updates, the answer to this Task counted, an agent may have sent before they are on its disk; 0: each is there first */
  readonly ahead: number
  /** whom it asks, ascending; null: every agent that joined over this connection */
  readonly agents: Uint32Array | null
  /**
   * for each of `agents` the state to work from: 0 the one before its first Task, n > 0 the one after its Update of the phase with ordinal
   * n - 1 = round * phases + phase; null: for everyone the phase before this one
   */
  readonly after: Uint32Array | null
  /** the Task of the algorithm, a frame */
  readonly frame: Payload
}

/** An agent hands in the Update inside. */
export interface UpdateMessage<Payload = Uint8Array> extends Position {
  readonly kind: 'update'
  readonly agent: number
  /** the Update of the algorithm, a frame */
  readonly frame: Payload
}

/** What became of an Update. */
export const ACK_STATUSES = ['received', 'durable', 'duplicate', 'late', 'refused'] as const

/** One of {@link ACK_STATUSES}. */
export type AckStatus = (typeof ACK_STATUSES)[number]

/** The server says what became of Updates of one position. */
export interface Ack extends Position {
  readonly kind: 'ack'
  readonly status: AckStatus
  /** why, where it is late or refused; else empty */
  readonly reason: string
  /** whose Updates, ascending */
  readonly agents: Uint32Array
}

/** What changes for agents apart from Tasks; an agent may send `leave` and `behind` only, a server all but those. */
export const CONTROL_ACTIONS = ['pause', 'resume', 'next-run', 'finished', 'stop', 'leave', 'behind'] as const

/** One of {@link CONTROL_ACTIONS}. */
export type ControlAction = (typeof CONTROL_ACTIONS)[number]

/**
 * The run pauses, goes on, is followed by that of (variant, seed), is over; the server stops; agents leave; agents have lost their last states
 * and want the Tasks once more that led to them.
 */
export interface Control {
  readonly kind: 'control'
  readonly action: ControlAction
  /** the run it is about; the one that begins in a `next-run` */
  readonly variant: number
  readonly seed: number
  /** whom it is about, ascending; null: every agent that joined over this connection */
  readonly agents: Uint32Array | null
}

/** Why a session ends. */
export const FAILURE_CODES = [
  'version',
  'malformed',
  'too-large',
  'unexpected',
  'timeout',
  'unauthorized',
  'revoked',
  'name-taken',
  'replaced',
  'full',
  'mismatch',
  'rate',
  'stopping',
  'internal',
] as const

/** One of {@link FAILURE_CODES}. */
export type FailureCode = (typeof FAILURE_CODES)[number]

/** Either side ends a session, or the connection. */
export interface Failure {
  readonly kind: 'failure'
  readonly code: FailureCode
  /** one line for a person */
  readonly reason: string
  /** the agent whose session ends; empty: all sessions of the connection, which is then closed */
  readonly name: string
}

/** Every message. `Payload` is what Task and Update hold: bytes when read, bytes or a frame when written. */
export type SessionMessage<Payload = Uint8Array> =
  | Hello
  | Challenge
  | Proof
  | Welcome
  | TaskMessage<Payload>
  | UpdateMessage<Payload>
  | Ack
  | Control
  | Failure
