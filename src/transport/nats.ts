/**
 * Connections over NATS (core publish and subscribe). An agent named a publishes to `SUBJECT.up.a.<session>` and hears
 * `SUBJECT.down.a.<session>`, so the permissions of one user of the broker are one agent's. What a broker loses, links send again; nothing
 * is stored in it, for an Update is safe only when the server's checkpoint holds it, and is offered again until then.
 */
import { TransportError, limitsOf, type Closing, type Connection, type Listener } from '../transport.ts'
import { Guests } from './guests.ts'
import { Link, cutMessage, purposeOf } from './link.ts'
import { checkName, checkSubject, reach, wireTo, type Broker, type NatsPlace } from './nats-broker.ts'

export type { NatsPlace } from './nats-broker.ts'

const UNKNOWN: Closing = {
  code: 'lost',
  reason: 'the server does not know the connection; it was started anew',
}
const BROKEN: Closing = { code: 'lost', reason: 'the connection to the broker ended' }

/** The status of a broker's own answer. */
const NO_RESPONDERS = 503

/** Whether a server answers under `subject`. */
async function isTaken({ connection }: Broker, subject: string): Promise<boolean> {
  try {
    await connection.request(`${subject}.server`, new Uint8Array(0), { timeout: 1000 })
    return true
  } catch {
    return false
  }
}

/**
 * Serves the agents of one subject. A broker that goes away and comes back within `silenceMs` ends no connection.
 * @throws TransportError where the broker cannot be reached, or another server has the subject
 * @throws RangeError for a subject with spaces or wildcards
 */
export async function listenNats(place: NatsPlace): Promise<Listener> {
  const { url, subject, pace } = place
  checkSubject(subject)
  const limits = limitsOf(place.limits)
  const guests = new Guests(limits)
  const links = new Map<string, Link>()
  const broker = await reach(place, () => links.forEach((link) => link.repeat()))
  const { connection } = broker
  if (await isTaken(broker, subject)) {
    await connection.close()
    throw new TransportError(`cannot listen on ${url}: another server has the subject ${subject}`)
  }
  const accept = (id: string): Link | Closing => {
    const refused = guests.refusal
    if (refused !== null) return refused
    const link = new Link(
      id.split('.')[0] as string,
      limits,
      wireTo(broker, `${subject}.down.${id}`, () => links.delete(id)),
      pace,
    )
    links.set(id, link)
    guests.add(link.endpoint)
    return link
  }
  /** Answers who is not known, unless that is the end of something or not a message at all. */
  const greet = (id: string, bytes: Uint8Array): void => {
    const purpose = purposeOf(bytes)
    const link = purpose === 'open' ? accept(id) : UNKNOWN
    if (link instanceof Link) link.hear(bytes)
    else if (purpose !== 'end' && purpose !== null)
      connection.publish(`${subject}.down.${id}`, cutMessage(link))
  }
  const hear = (id: string, bytes: Uint8Array): void => {
    const link = links.get(id)
    if (link === undefined) greet(id, bytes)
    else link.hear(bytes)
  }
  const start = `${subject}.up.`.length
  connection.subscribe(`${subject}.server`, { callback: (_, message) => void message.respond() })
  connection.subscribe(`${subject}.up.*.*`, {
    callback: (error, message) => {
      if (error === null) hear(message.subject.slice(start), message.data)
    },
  })
  await connection.flush()
  void connection.closed().then(() => links.forEach(({ endpoint }) => endpoint.gone(BROKEN)))
  return {
    address: `${url} ${subject}`,
    connections: guests.connections,
    async close(reason) {
      await guests.close(reason)
      await connection.close()
    },
  }
}

/** Resolves when the server has answered; asks again until then, for what is asked first may be lost. */
function opened(link: Link, { limits, url, subject }: NatsPlace, askMs = 250): Promise<void> {
  const { helloMs } = limitsOf(limits)
  return new Promise((resolve, reject) => {
    const asking = setInterval(() => link.open(), askMs)
    const settle = (why: string | null): void => {
      clearInterval(asking)
      clearTimeout(late)
      if (why === null) resolve()
      else reject(new TransportError(`cannot connect to ${url}, subject ${subject}: ${why}`))
    }
    const late = setTimeout(() => settle(`no server answered within ${helloMs} ms`), helloMs)
    void link.answered.then(() => settle(null))
    void link.endpoint.closed.then(({ reason }) => settle(reason))
    link.open()
  })
}

const ABSENT: Closing = { code: 'lost', reason: 'no server listens there' }

/**
 * Connects an agent.
 * @param name the agent's, or that of the process that holds several: letters, digits, - and _
 * @throws TransportError where the broker cannot be reached, or no server answers within `helloMs`
 * @throws RangeError for a name or subject that NATS would read otherwise
 */
export async function connectNats(place: NatsPlace, name: string): Promise<Connection> {
  const { url, subject, limits, pace } = place
  checkSubject(subject)
  checkName(name)
  const broker = await reach(place, () => link.repeat())
  const { connection } = broker
  const id = `${name}.${broker.session}`
  const [up, down] = [`${subject}.up.${id}`, `${subject}.down.${id}`]
  const link: Link = new Link(
    `${url} ${subject}`,
    limitsOf(limits),
    wireTo(broker, up, () => void connection.close()),
    pace,
  )
  connection.subscribe(down, {
    callback: (_, message) => {
      if (message.headers?.code === NO_RESPONDERS) link.endpoint.gone(ABSENT)
      else link.hear(message.data)
    },
  })
  void connection.closed().then(() => link.endpoint.gone(BROKEN))
  // a message that says nothing: the broker answers itself where nobody hears it
  connection.publish(up, new Uint8Array(0), { reply: down })
  try {
    await opened(link, place, pace?.resendMs)
  } catch (error) {
    link.endpoint.gone(BROKEN)
    throw error
  }
  return link.endpoint
}
