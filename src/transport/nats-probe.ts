/**
 * Whether anybody hears a link over a broker, which tells at once of a message that nobody hears. One such answer may mean that the other
 * side is on its way back to a broker that was away; four in a row, some time apart, end the link.
 */
import type { Link } from './link.ts'

/** Between two looks, ms. */
const PROBE_MS = 2000

/** A doubt is cleared up by then, ms. */
const DOUBT_MS = 100

/** So many looks in a row find that nobody heard. */
const MISSES = 4

/** Looks after one link until that is over. */
export class Probe {
  readonly #link: Link
  #isUnheard = false
  #misses = 0

  constructor(link: Link) {
    this.#link = link
    const looking = setInterval(() => this.#look(), PROBE_MS)
    void link.endpoint.closed.then(() => clearInterval(looking))
  }

  /** The broker says that nobody heard a message of the link. */
  unheard(): void {
    this.#isUnheard = true
  }

  /** A message of the other side came. */
  heard(): void {
    this.#isUnheard = false
    this.#misses = 0
  }

  /** Nobody will hear it again where the next message is not heard: the other side has come back as somebody else. */
  doubt(): void {
    this.#misses = MISSES - 1
    this.#link.say()
    setTimeout(() => this.#look(), DOUBT_MS)
  }

  #look(): void {
    this.#misses = this.#isUnheard ? this.#misses + 1 : 0
    this.#isUnheard = false
    if (this.#misses >= MISSES) this.#link.endpoint.gone({ code: 'lost', reason: 'nobody hears it any more' })
    else if (this.#link.endpoint.isOpen) this.#link.say()
  }
}
