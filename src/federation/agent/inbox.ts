/**
 * What has come over a connection and has not been dealt with. It is read ahead of whoever works on it, so that an agent that is slower than
 * the rounds sees which Tasks have been overtaken.
 */
import type { Result } from '../../numeric/result.ts'
import { decodeMessage } from '../../protocol/session-codec.ts'
import type { SessionMessage } from '../../protocol/session-messages.ts'
import type { Connection } from '../../transport.ts'
import { sameRun } from '../kept.ts'
import type { RunKey } from '../served-run.ts'

/** So many messages are read ahead. */
const MOST = 16

/** A server may send what it likes: the transport has limits of its own. */
const UNLIMITED = { bytes: Infinity, agents: Infinity }

/** The messages of a connection, for one reader. */
export class Inbox implements AsyncIterable<Result<SessionMessage>> {
  readonly #messages: Result<SessionMessage>[] = []
  readonly #reading: Promise<void>
  #isOver = false
  #changed: () => void = () => {}

  constructor(frames: Connection['frames']) {
    this.#reading = this.#read(frames).finally(() => {
      this.#isOver = true
      this.#changed()
    })
    // told to whoever reads the messages
    this.#reading.catch(() => undefined)
  }

  /** Ends when the connection does, after what came before. @throws what reading the connection throws */
  async *[Symbol.asyncIterator](): AsyncGenerator<Result<SessionMessage>> {
    for (;;) {
      const message = this.#messages.shift()
      this.#changed()
      if (message !== undefined) yield message
      else if (this.#isOver) return this.#reading
      else await this.#change()
    }
  }

  /**
   * Whether the agent has been asked since for something later of the same run, which does not build on its answer to this Task.
   * @param ordinal of the Task, in a run of so many `phases` a round
   */
  hasOvertaken({ variant, seed }: RunKey, ordinal: number, phases: number, agent: number): boolean {
    return this.#messages.some((read) => {
      if (!read.ok || read.value.kind !== 'task') return false
      const other = read.value
      const at = other.round * phases + other.phase
      if (at <= ordinal || !sameRun(other, { variant, seed })) return false
      // without a list it is for all, and builds on what they answered last
      const after = other.agents === null ? at : other.after?.[other.agents.indexOf(agent)]
      return after !== undefined && after <= ordinal
    })
  }

  async #read(frames: Connection['frames']): Promise<void> {
    for await (const frame of frames) {
      this.#messages.push(decodeMessage(frame, UNLIMITED))
      this.#changed()
      while (this.#messages.length >= MOST) await this.#change()
    }
  }

  /** Resolves when a message has come or was taken: reader and writer never wait at the same time. */
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve))
  }
}
