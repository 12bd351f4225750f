/**
 * Keyed random streams. A stream is named by (seed, agent, purpose) and by nothing else, so the work of any agent can be
 * replayed alone, in any order and on any thread. Its position is its state: two 32-bit words.
 */

/** What a stream is for. The numbers are part of every published result: never renumber. */
export const Purpose = {
  /** two words per agent step: the action, then the next state; or one word per pair and iteration when all pairs are sampled */
  walk: 0,
  /** the state an agent starts in, and the one it is put into after a terminated step */
  start: 1,
  /** random initial tables */
  initial: 2,
  /** random behaviour policies */
  behavior: 3,
  /** random problem families */
  model: 4,
  /** bootstrap resampling */
  bootstrap: 5,
  /** what happens within an episode of an environment, keyed by the seed of its reset */
  environment: 6,
  /** initial parameters of policies */
  policy: 7,
  /** episodes that only measure: nothing is learned from them */
  evaluation: 8,
} as const

/** One of the values of {@link Purpose}. */
export type PurposeId = (typeof Purpose)[keyof typeof Purpose]

/** The `agent` of streams that belong to no agent: the server, the problem, the statistician. Agents are 0 .. 2^32-2. */
export const NOBODY = 0xffffffff

/** The state of one stream: words [x, y], never both 0. Drawing from it moves it on. */
export type Stream = Uint32Array

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

/**
 * Threefry-2x32 with 20 rounds: maps a 64-bit key and a 64-bit counter to 64 bits, each as two words.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): [number, number] {
  const keys = [key0, key1, 0x1bd11bda ^ key0 ^ key1] as const
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const
  let x = (counter0 + key0) | 0
  let y = (counter1 + key1) | 0
  for (let round = 0; round < 20; round++) {
    x = (x + y) | 0
    y = rotl(y, rotations[(round & 7) as 0]) ^ x
    if ((round & 3) === 3) {
      const injection = (round >> 2) + 1
      x = (x + keys[(injection % 3) as 0]) | 0
      y = (y + keys[((injection + 1) % 3) as 0] + injection) | 0
    }
  }
  return [x >>> 0, y >>> 0]
}

/**
 * The stream of (seed, agent, purpose), at its start.
 * @param seed integer in [0, 2^53)
 * @param agent index of the agent, or {@link NOBODY}
 * @throws RangeError when the seed or the agent is out of range
 */
export function streamOf(seed: number, agent: number, purpose: PurposeId): Stream {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`streamOf: seed must be an integer in [0, 2^53), got ${seed}`)
  if (!Number.isInteger(agent) || agent < 0 || agent > NOBODY)
    throw new RangeError(`streamOf: agent must be an integer in [0, 2^32), got ${agent}`)
  const [x, y] = threefry2x32(seed >>> 0, Math.floor(seed / 4294967296), agent, purpose)
  return Uint32Array.of(x === 0 && y === 0 ? 1 : x, y)
}

/**
 * The next 32 random bits, as an integer in [0, 2^32). Generator: xoroshiro64** 1.0 (Blackman and Vigna, 2018), period 2^64 - 1.
 */
export function nextWord(stream: Stream): number {
  const x = stream[0] as number
  const y = (stream[1] as number) ^ x
  const word = Math.imul(rotl(Math.imul(x, 0x9e3779bb), 5), 5) >>> 0
  stream[0] = rotl(x, 26) ^ y ^ (y << 9)
  stream[1] = rotl(y, 13)
  return word
}

/** A uniform number in [0, 1) with 53 random bits; takes two words. */
export function uniform(stream: Stream): number {
  const high = nextWord(stream) >>> 5
  const low = nextWord(stream) >>> 6
  return (high * 67108864 + low) / 9007199254740992
}

/** A uniform integer in [0, bound), exactly uniform by rejection; takes one word or, rarely, more. `bound` in [1, 2^32]. */
export function below(stream: Stream, bound: number): number {
  const limit = 4294967296 - (4294967296 % bound)
  let word = nextWord(stream)
  while (word >= limit) word = nextWord(stream)
  return word % bound
}
