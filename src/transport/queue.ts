/** A first-in-first-out queue between one writer and one reader, who may wait for the next value or the end. */

/** Values in the order they were put; iterating takes them out, and leaving a loop early keeps the rest. */
export class Queue<T> implements AsyncIterable<T> {
  #values: T[] = []
  /** of the next value in `#values` */
  #head = 0
  #ended = false
  #wake: (() => void) | null = null
  readonly #onTake: (value: T) => void

  /** @param onTake told each value that the reader takes */
  constructor(onTake: (value: T) => void = () => {}) {
    this.#onTake = onTake
  }

  /** Adds a value; after the end it is dropped. */
  put(value: T): void {
    if (this.#ended) return
    this.#values.push(value)
    this.#rouse()
  }

  /** No more values come; those that wait are still read, unless `drop`. */
  end(drop = false): void {
    this.#ended = true
    if (drop) this.#values = []
    if (drop) this.#head = 0
    this.#rouse()
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return { next: () => this.#next() }
  }

  #next(): Promise<IteratorResult<T>> {
    if (this.#head < this.#values.length) return Promise.resolve({ done: false, value: this.#take() })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise<void>((resolve) => (this.#wake = resolve)).then(() => this.#next())
  }

  #take(): T {
    const value = this.#values[this.#head++] as T
    this.#shrink()
    this.#onTake(value)
    return value
  }

  #rouse(): void {
    this.#wake?.()
    this.#wake = null
  }

  /** Forgets what was read, at a cost that is spread over the reads. */
  #shrink(): void {
    if (this.#head < 32 && this.#head < this.#values.length) return
    if (2 * this.#head < this.#values.length) return
    this.#values = this.#values.slice(this.#head)
    this.#head = 0
  }
}
