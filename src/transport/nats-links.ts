/** The links of a server over a broker, by name and session of the agent at the other end. */
import type { Msg } from '@nats-io/transport-node'
import type { Closing, Limits } from '../transport.ts'
import type { Guests } from './guests.ts'
import { cutMessage, purposeOf } from './cut.ts'
import { Link, type Pace } from './link.ts'
import { isUnheard, wireTo, type Broker } from './nats-broker.ts'
import { Probe } from './nats-probe.ts'

const UNKNOWN: Closing = {
  code: 'lost',
  reason: 'the server does not know the connection; it was started anew',
}

/** Who is at the other end of a link. */
const nameIn = (id: string): string => id.split('.')[0] as string

/** Every link, with what looks after it. */
export class Links {
  readonly #subject: string
  readonly #limits: Limits
  readonly #pace: Partial<Pace>
  readonly #guests: Guests
  readonly #links = new Map<string, { readonly link: Link; readonly probe: Probe }>()

  /** @param subject what all subjects of the federation begin with */
  constructor(subject: string, limits: Limits, pace: Partial<Pace>, guests: Guests) {
    this.#subject = subject
    this.#limits = limits
    this.#pace = pace
    this.#guests = guests
  }

  /** Takes what was published to `SUBJECT.up.ID`. */
  hear(broker: Broker, message: Msg): void {
    const id = message.subject.slice(`${this.#subject}.up.`.length)
    const known = this.#links.get(id)
    if (isUnheard(message)) return known?.probe.unheard()
    if (known === undefined) return this.#greet(broker, id, message.data)
    known.probe.heard()
    known.link.hear(message.data)
  }

  /** The broker is back: sends at once what it may have lost. */
  repeat(): void {
    for (const { link } of this.#links.values()) link.repeat()
  }

  /** The broker is gone for good. */
  end(closing: Closing): void {
    for (const { link } of this.#links.values()) link.endpoint.gone(closing)
  }

  /** Answers who is not known, unless that is the end of something or not a message at all. */
  #greet(broker: Broker, id: string, bytes: Uint8Array): void {
    const purpose = purposeOf(bytes)
    if (purpose === 'end' || purpose === null) return
    const refused = purpose === 'open' ? this.#guests.refusal : UNKNOWN
    if (refused === null) this.#open(broker, id).hear(bytes)
    else broker.connection.publish(`${this.#subject}.down.${id}`, cutMessage(refused))
  }

  #open(broker: Broker, id: string): Link {
    const name = nameIn(id)
    const [down, up] = [`${this.#subject}.down.${id}`, `${this.#subject}.up.${id}`]
    const wire = wireTo(broker, down, up, () => this.#links.delete(id))
    const link = new Link(name, this.#limits, wire, this.#pace)
    // an agent that was killed comes back under its name, and another session
    for (const [other, { probe }] of this.#links) if (nameIn(other) === name) probe.doubt()
    this.#links.set(id, { link, probe: new Probe(link) })
    this.#guests.add(link.endpoint)
    return link
  }
}
