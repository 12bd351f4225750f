/** The address of a federation on NATS: `nats://host:4222/federation`, or `tls://`; several brokers of a cluster separated by commas. */

/** An address, taken apart. */
export interface NatsAddress {
  /** of the brokers, as their client takes it: nats://host:4222,nats://other:4222 */
  readonly url: string
  /** without ports, written in the one way that URLs have: small letters, addresses as short as can be */
  readonly hosts: readonly string[]
  readonly isEncrypted: boolean
  readonly federation: string
  /** what all subjects of the federation begin with */
  readonly subject: string
  /** what its server is called, once for each broker: scheme, host, port and federation always written */
  readonly names: readonly string[]
}

const USUAL_PORT = '4222'

/** The federation of an address that names none. */
export const USUAL_FEDERATION = 'default'

/** What all subjects of a federation begin with. */
export const subjectOf = (federation: string): string => `fedrl.${federation}`

/** Of the stream and of the bucket in which a federation has its mirror. */
export const mirrorName = (federation: string): string => `fedrl-${federation}`

const PLACE = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/

/** Reads an address; null where it is none of a broker. */
export function parseNatsUrl(text: string): NatsAddress | null {
  const [, scheme = '', brokers = '', federation = USUAL_FEDERATION] =
    /^(nats|tls):\/\/([^/]+)(?:\/([A-Za-z0-9_-]{1,64})?)?$/i.exec(text) ?? []
  const places = brokers
    .toLowerCase()
    .split(',')
    .map((place) => PLACE.exec(place))
  const known = places.flatMap((place) => {
    const host = place === null ? null : canonical(place[1] as string)
    return host === null ? [] : [{ host, port: place?.[2] ?? USUAL_PORT }]
  })
  if (known.length < places.length || known.some(({ port }) => Number(port) > 65535)) return null
  const urls = known.map(({ host, port }) => `${scheme.toLowerCase()}://${host}:${port}`)
  return {
    url: urls.join(','),
    hosts: known.map(({ host }) => host),
    isEncrypted: scheme.toLowerCase() === 'tls',
    federation,
    subject: subjectOf(federation),
    names: urls.map((url) => `${url}/${federation}`),
  }
}

/** The host as names of servers have it: [0:0:0:0:0:0:0:1] is [::1]; null where it is none. */
const canonical = (host: string): string | null =>
  URL.canParse(`ws://${host}`) ? new URL(`ws://${host}`).hostname : null
