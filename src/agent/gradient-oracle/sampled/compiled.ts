/** Rollouts by compiled code: lays out its memory, fills it, and calls it. They are those of plain.ts, bit for bit. */
import type { Mdp } from '../../../mdp/mdp.ts'
import { STATE_BITS, aliasLayout, rowBuilder } from '../../../numeric/alias.ts'
import { instantiate } from './instance.ts'
import type { AddressName } from './instance.ts'
import type { Walker } from './rollouts.ts'

/** What a WebAssembly memory of 32-bit addresses can hold. */
const MOST_BYTES = 65535 * 65536
/** Below, the module keeps constants of its own. */
const FIRST = 4096
/** States have 16 bits. */
const MOST_STATES = 65536

/**
 * The walker of `mdp` for batches of `rollouts` rollouts of at most `horizon` steps; null where there are more than 65536 states, where
 * what it needs does not fit into 4 GiB, and where the engine has no address space left for one more memory, as with some 10^4 of them.
 */
export function compiledWalker(mdp: Mdp, rollouts: number, horizon: number): Walker | null {
  const { states, actions } = mdp
  const byPair = rewardsDependOnPairOnly(mdp)
  const { addresses, bytes } = planMemory(mdp, rollouts, horizon, byPair)
  if (states > MOST_STATES || bytes > MOST_BYTES) return null
  const instance = instanceOrNull(bytes, addresses)
  if (instance === null) return null
  const { buffer } = instance.memory
  instance.actions.value = actions
  instance.levelBytes.value = levelBytes(actions)
  instance.commonShift.value = commonShift(mdp)
  instance.rewardsByPair.value = Number(byPair)
  new Uint8Array(buffer, addresses.terminal, states).set(mdp.terminal)
  fillColumns(mdp, addresses, buffer, byPair)
  if (byPair) fillPairRewards(mdp, new Float64Array(buffer, addresses.rewards, states * actions))
  const parameters = new Float64Array(buffer, addresses.theta, states * actions)
  const position = new Uint32Array(buffer, addresses.stream, 3)
  return {
    rollouts: {
      offset: new Uint32Array(buffer, addresses.offsets, rollouts + 1),
      pair: new Uint32Array(buffer, addresses.pairs, rollouts * horizon),
      reward: new Float64Array(buffer, addresses.stepRewards, rollouts * horizon),
      visited: new Uint32Array(buffer, addresses.visited, states),
      policy: new Float64Array(buffer, addresses.policy, states * actions),
    },
    starts: new Uint32Array(buffer, addresses.starts, rollouts),
    walk(theta, stream) {
      parameters.set(theta)
      position[0] = stream[0] as number
      position[1] = stream[1] as number
      instance.walk(rollouts, horizon)
      stream[0] = position[0]
      stream[1] = position[1]
      return position[2] as number
    },
  }
}

/** Set once the engine has refused a memory: before it refuses it collects garbage, which would take hours for 10^5 agents. */
let isExhausted = false

function instanceOrNull(...needed: Parameters<typeof instantiate>): ReturnType<typeof instantiate> | null {
  if (isExhausted) return null
  try {
    return instantiate(...needed)
  } catch (error) {
    // how engines tell of a lack of memory
    if (!(error instanceof RangeError)) throw error
    isExhausted = true
    return null
  }
}

/** A row of thresholds: 4 bytes an action, rounded up to a vector of 16. */
const levelBytes = (actions: number): number => 16 * Math.ceil(actions / 4)

/** Where everything lies, each at a multiple of 64. */
function planMemory(
  mdp: Mdp,
  rollouts: number,
  horizon: number,
  byPair: boolean,
): { addresses: Record<AddressName, number>; bytes: number } {
  const { states, actions } = mdp
  const pairs = states * actions
  const { columns } = aliasLayout(mdp.start)
  const sizes: Record<AddressName, number> = {
    theta: 8 * pairs,
    policy: 8 * pairs,
    sums: 8 * (actions + 4),
    levels: levelBytes(actions) * states,
    seen: states,
    visited: 4 * states,
    terminal: states,
    rows: 8 * pairs,
    columns: 8 * columns,
    rewards: byPair ? 8 * pairs : 16 * columns,
    starts: 4 * rollouts,
    offsets: 4 * (rollouts + 1),
    pairs: 4 * rollouts * horizon,
    stepRewards: 8 * rollouts * horizon,
    stream: 12,
  }
  let bytes = FIRST
  const place = (size: number): number => {
    const at = bytes
    bytes = 64 * Math.ceil((at + size) / 64)
    return at
  }
  const names = Object.keys(sizes) as AddressName[]
  const addresses = Object.fromEntries(names.map((name) => [name, place(sizes[name])]))
  return { addresses: addresses as Record<AddressName, number>, bytes }
}

/** Whether the reward of a pair is the same whatever its outcome, for every pair. */
function rewardsDependOnPairOnly({ start, reward }: Mdp): boolean {
  for (let pair = 0; pair < start.length - 1; pair++)
    for (let i = (start[pair] as number) + 1; i < (start[pair + 1] as number); i++)
      if (reward[i] !== reward[start[pair] as number]) return false
  return true
}

/** The shift of the rows of all pairs, or 0 where they differ. */
function commonShift({ start }: Mdp): number {
  const { shift } = aliasLayout(start)
  const first = shift[0] as number
  const alike = shift.every((one, pair) => one === first && start[pair] !== start[pair + 1])
  return alike ? first : 0
}

/** Writes the reward of every pair, [S * A]; 0 where it has no outcomes. */
function fillPairRewards({ start, reward }: Mdp, rewards: Float64Array): void {
  for (let pair = 0; pair < rewards.length; pair++) rewards[pair] = reward[start[pair] as number] ?? 0
}

/** Writes the alias tables of the outcomes, next states and, where they depend on the outcome, rewards in place. */
function fillColumns(
  mdp: Mdp,
  addresses: Record<AddressName, number>,
  buffer: ArrayBuffer,
  byPair: boolean,
): void {
  const { offset, shift, columns: count, widest } = aliasLayout(mdp.start)
  const build = rowBuilder(STATE_BITS, widest)
  const [threshold, alias] = [new Uint32Array(widest), new Uint32Array(widest)]
  const rows = new Uint32Array(buffer, addresses.rows, 2 * offset.length)
  const columns = new Uint32Array(buffer, addresses.columns, 2 * count)
  const rewards = byPair ? null : new Float64Array(buffer, addresses.rewards, 2 * count)
  for (let pair = 0; pair < offset.length; pair++) {
    const [first, end] = [mdp.start[pair] as number, mdp.start[pair + 1] as number]
    if (first === end) continue
    const at = offset[pair] as number
    const width = 1 << (32 - (shift[pair] as number))
    rows[2 * pair] = at
    rows[2 * pair + 1] = shift[pair] as number
    build(mdp.probability.subarray(first, end), threshold.subarray(0, width), alias.subarray(0, width))
    for (let column = 0; column < width; column++) {
      // a column of padding always gives its alias
      const own = first + column < end ? first + column : first
      const other = first + (alias[column] as number)
      columns[2 * (at + column)] = threshold[column] as number
      columns[2 * (at + column) + 1] = (mdp.next[own] as number) | ((mdp.next[other] as number) << 16)
      rewards?.set([mdp.reward[own] as number, mdp.reward[other] as number], 2 * (at + column))
    }
  }
}
