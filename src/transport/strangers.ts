/**
 * Connections that carry nobody who was admitted, counted by the network that they come from: whoever could take all places would keep
 * everybody else out. This machine's own are not counted, for thousands of agents may sit on it.
 */

/** Groups of an address of IPv6 that name a network, which is often one machine's alone. */
const NETWORK_GROUPS = 4
const GROUPS = 8

/**
 * The network of an address: an address of IPv4 stands for itself, one of IPv6 for its first 64 bits.
 * @returns null where it is this machine's, or none
 */
export function networkOf(address: string | undefined): string | null {
  if (address === undefined) return null
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (plain === '::1' || plain.startsWith('127.')) return null
  return plain.includes(':') ? firstGroups(plain) : plain
}

/** `2001:db8::1` is in `2001:db8:0:0`. */
function firstGroups(address: string): string {
  const [head = [], tail = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array<string>(Math.max(0, GROUPS - head.length - tail.length)).fill('0')
  return [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':')
}

/** Who is connected and was not admitted. */
export class Strangers {
  readonly #networks = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  /** Somebody connected. @param peer names the connection @param address where it comes from */
  add(peer: string, address: string | undefined): void {
    const network = networkOf(address)
    if (network === null || this.#networks.has(peer)) return
    this.#networks.set(peer, network)
    this.#counts.set(network, this.around(peer) + 1)
  }

  /** How many there are in the network of a peer, itself included; 0 for one that is not counted. */
  around(peer: string): number {
    const network = this.#networks.get(peer)
    return network === undefined ? 0 : (this.#counts.get(network) ?? 0)
  }

  /** Somebody was admitted, or is gone. */
  drop(peer: string): void {
    const network = this.#networks.get(peer)
    if (network === undefined) return
    const left = this.around(peer) - 1
    if (left > 0) this.#counts.set(network, left)
    else this.#counts.delete(network)
    this.#networks.delete(peer)
  }
}
