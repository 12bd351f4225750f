/** How an agent gets in: Hello, Challenge, Proof, Welcome; without a gate the Welcome follows the Hello. */
import type { FailureCode, Hello, Proof, Welcome } from '../../protocol/session-messages.ts'
import { PROTOCOL_VERSIONS, commonVersion, proofBytes } from '../../protocol/session-rules.ts'
import type { Line } from '../line.ts'
import type { Members } from '../members.ts'
import type { HostedRun } from '../served-run.ts'
import type { AgentKey, Gate } from './gate.ts'
import type { ServerOptions } from './options.ts'
import type { Presence, Seat } from './presence.ts'

/** What the reception needs of the server. */
export interface Household {
  readonly options: ServerOptions
  readonly members: Members
  readonly presence: Presence
  /** the run that is carried out; null: nobody is taken in any more */
  run(): HostedRun | null
  /** the agent has its seat and its Welcome */
  joined(seat: Seat): void
  /** the agent loses its seat to a newer session of its own */
  replaced(seat: Seat): void
  /** @param name of the agent that it is about, '' where it is about the connection */
  turnedAway(line: Line, reason: string, name: string): void
  /** nobody can be taken in: the store failed */
  failed(error: unknown): void
}

/** Somebody who wants to join. */
interface Applicant {
  readonly line: Line
  readonly name: string
  readonly version: number
  readonly session: string
  readonly wantsExperiment: boolean
}

/** An applicant who was asked for a proof. */
interface Challenged extends Applicant {
  readonly nonce: Uint8Array
}

/** Who is about to join over one connection, by name. */
interface Waiting {
  /** asked for a proof */
  readonly challenged: Map<string, Challenged>
  /** the proof is being looked at */
  readonly judged: Set<string>
  /** takes back the alarm that rings when no proof has come for too long */
  cancel(): void
}

/** So many challenges may be open beyond two for each agent. */
const MORE_CHALLENGES = 1024

/** Where agents come in. */
export class Reception {
  readonly #house: Household
  readonly #waiting = new Map<Line, Waiting>()
  #challenges = 0

  constructor(house: Household) {
    this.#house = house
  }

  /** Answers a Hello. */
  greet(line: Line, { name, lowest, highest, experiment }: Hello): void {
    const { options, presence } = this.#house
    const version = commonVersion(PROTOCOL_VERSIONS, { lowest, highest })
    if (version === null)
      return this.#turnAway(line, name, 'version', `this server speaks version ${PROTOCOL_VERSIONS.highest} of the protocol, the agent ${lowest} to ${highest}`) // prettier-ignore
    if (this.#isWaiting(line, name) || presence.named(name)?.line === line)
      return this.#turnAway(line, '', 'unexpected', `a hello for ${name}, who said hello over this connection before`) // prettier-ignore
    const session = options.newSession()
    const applicant = { line, name, version, session, wantsExperiment: experiment === 1 }
    if (options.gate === undefined)
      void this.#takeIn(applicant, null).catch((error: unknown) => this.#house.failed(error))
    else this.#challenge(applicant, options.gate)
  }

  /** Answers a Proof. */
  prove(line: Line, { name, session, signature }: Proof): void {
    const { gate } = this.#house.options
    const waiting = this.#waiting.get(line)
    const challenged = waiting?.challenged.get(name)
    if (gate === undefined || waiting === undefined || challenged?.session !== session)
      return this.#turnAway(line, '', 'unexpected', `a proof for ${name}, who was not asked for this one`)
    this.withdraw(line, name)
    waiting.judged.add(name)
    void this.#judge(challenged, signature, gate)
      .then((refusal) => {
        waiting.judged.delete(name)
        if (refusal !== undefined) this.closeIfIdle(line, refusal)
      })
      .catch((error: unknown) => this.#house.failed(error))
  }

  #isWaiting(line: Line, name: string): boolean {
    const waiting = this.#waiting.get(line)
    return waiting !== undefined && (waiting.challenged.has(name) || waiting.judged.has(name))
  }

  /** A challenge is over. */
  withdraw(line: Line, name: string): void {
    const waiting = this.#waiting.get(line)
    if (waiting === undefined || !waiting.challenged.delete(name)) return
    this.#challenges--
    this.#rearm(line, waiting)
  }

  /** A connection is over. */
  forget(line: Line): void {
    const waiting = this.#waiting.get(line)
    if (waiting === undefined) return
    waiting.cancel()
    this.#challenges -= waiting.challenged.size
    this.#waiting.delete(line)
  }

  /** Closes a connection over which nobody has joined, and nobody is about to. */
  closeIfIdle(line: Line, reason: string): void {
    const { challenged, judged } = this.#waiting.get(line) ?? { challenged: null, judged: null }
    if (line.agents.size + (challenged?.size ?? 0) + (judged?.size ?? 0) === 0) line.close(reason)
  }

  #challenge(applicant: Applicant, gate: Gate): void {
    const { line, name, version, session } = applicant
    if (this.#challenges >= 2 * this.#house.options.agents + MORE_CHALLENGES)
      return this.#turnAway(line, name, 'full', 'too many agents are about to join')
    const nonce = gate.newNonce()
    const waiting = this.#waiting.get(line) ?? { challenged: new Map<string, Challenged>(), judged: new Set<string>(), cancel: () => {} } // prettier-ignore
    this.#waiting.set(line, waiting)
    waiting.challenged.set(name, { ...applicant, nonce })
    this.#challenges++
    if (waiting.challenged.size === 1) this.#rearm(line, waiting)
    line.send({ kind: 'challenge', version, session, name, server: gate.servers[0] ?? '', nonce })
  }

  /** From now on, or from the last Proof, the next one may take `helloMs`. */
  #rearm(line: Line, waiting: Waiting): void {
    const { clock, limits } = this.#house.options
    waiting.cancel()
    if (waiting.challenged.size === 0) waiting.cancel = () => {}
    else
      waiting.cancel = clock.after(limits.helloMs, () => {
        const [name = ''] = waiting.challenged.keys()
        this.#turnAway(line, '', 'timeout', `no proof for ${name} within ${limits.helloMs / 1000} s`)
      })
  }

  /**
   * Takes the applicant in whose Proof is right, by the key that the name has when all is checked.
   * @returns why it was refused, where it was
   */
  async #judge(applicant: Challenged, signature: Uint8Array, gate: Gate): Promise<string | undefined> {
    const { line, name } = applicant
    for (;;) {
      const key = gate.keyOf(name)
      const proven = key !== null && (await hasSigned(key, gate.servers, applicant, signature))
      if (gate.keyOf(name) !== key) continue
      // only who has the key hears of its state
      if (key === null || !proven) return this.#refuse(line, name, 'unauthorized', UNAUTHORIZED, key === null ? 'there is no key of this name' : 'wrong key, or a proof for another server') // prettier-ignore
      if (key.status === 'revoked') return this.#refuse(line, name, 'revoked', revokedReason(name))
      return this.#takeIn(applicant, key)
    }
  }

  /**
   * @param key the one that the applicant has proven; null where there is no gate
   * @returns why it was refused, where it was
   */
  async #takeIn(applicant: Applicant, key: AgentKey | null): Promise<string | undefined> {
    const house = this.#house
    const { options, presence } = house
    const { line, name } = applicant
    let agent = await house.members.indexOf(name)
    // another session may have lost it meanwhile
    while (agent !== null && !house.members.has(name, agent)) agent = await house.members.indexOf(name)
    const run = house.run()
    if (run === null || !presence.lines.has(line)) return undefined
    if (key !== null && options.gate?.keyOf(name) !== key)
      return this.#refuse(line, name, 'revoked', revokedReason(name))
    if (agent === null)
      return this.#turnAway(
        line,
        name,
        'full',
        `all ${options.agents} agents of the run have other names; the flag --agents of the server fixes them before anybody joins`,
      )
    const before = presence.of(agent)
    if (before !== undefined && key === null)
      return this.#turnAway(line, name, 'name-taken', `an agent with the name ${name} is connected`)
    if (before !== undefined) house.replaced(before)
    line.admit()
    const seat = { agent, name, line }
    presence.take(seat)
    const isFirst = !line.hasExperiment && applicant.wantsExperiment
    line.hasExperiment ||= isFirst
    line.send(welcomeOf(applicant, agent, run, options, isFirst ? options.experiment : null))
    house.joined(seat)
    return undefined
  }

  /** Sends somebody away who has no business here. */
  #refuse(line: Line, name: string, code: FailureCode, reason: string, inside = reason): string {
    line.fail(code, reason, name)
    this.#house.turnedAway(line, inside, name)
    return reason
  }

  /** Tells somebody what is wrong, who may do it better over the same connection; without a name the connection ends. */
  #turnAway(line: Line, name: string, code: FailureCode, reason: string): undefined {
    line.fail(code, reason, name)
    this.#house.turnedAway(line, reason, name)
    return undefined
  }
}

/** What a stranger hears, whatever the list says of the name. */
const UNAUTHORIZED = 'the server has no such key for this name'

/** What the owner of a key hears that is not allowed any more. */
export const revokedReason = (name: string): string => `the key of ${name} was revoked or replaced`

/** Whether the key signed this challenge for one of the names of the server. */
async function hasSigned(
  key: AgentKey,
  servers: readonly string[],
  { session, name, nonce }: Challenged,
  signature: Uint8Array,
): Promise<boolean> {
  for (const server of servers)
    if (await key.verify(proofBytes({ session, name, server, nonce }), signature)) return true
  return false
}

function welcomeOf(
  { name, version, session }: Applicant,
  agent: number,
  run: HostedRun,
  { agents, run: identity, limits }: ServerOptions,
  experiment: Uint8Array | null,
): Welcome {
  const { variant, seed } = run
  return {
    kind: 'welcome',
    version,
    session,
    name,
    agent,
    agents,
    run: identity,
    variant,
    seed,
    ...run.due(),
    maxBytes: Math.min(limits.frameBytes, 4294967295),
    idleSeconds: Math.max(1, Math.floor(limits.silenceMs / 1000)),
    experiment,
  }
}
