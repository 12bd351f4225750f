/** What the graph of a chain says without any arithmetic: its recurrent classes and their periods. */
import type { Chain } from '../chain.ts'

/** The recurrent classes that a trajectory can end in. */
export interface Structure {
  /** nodes of each class, in ascending order; the restart is node n */
  readonly classes: readonly Uint32Array[]
  /** [n + 1] class of each node, -1 for transient ones */
  readonly classOf: Int32Array
  /** [classes] greatest common divisor of the lengths of all cycles, in steps; a restart takes none */
  readonly periods: readonly number[]
}

/** Strongly connected components from the restart on, numbered so that successors have lower numbers (Tarjan 1972, without recursion). */
function components(chain: Chain): { component: Int32Array; count: number } {
  const nodes = chain.states.length + 1
  const component = new Int32Array(nodes).fill(-1)
  const order = new Int32Array(nodes).fill(-1)
  const low = new Int32Array(nodes)
  const cursor = chain.offset.slice(0, nodes)
  const open: number[] = []
  const path = [nodes - 1]
  let visited = 0
  let count = 0
  while (path.length > 0) {
    const node = path.at(-1) as number
    if (order[node] === -1) {
      order[node] = low[node] = visited++
      open.push(node)
    }
    const edge = cursor[node] as number
    if (edge < (chain.offset[node + 1] as number)) {
      const next = chain.next[edge] as number
      if (order[next] === -1) path.push(next)
      else {
        if (component[next] === -1) low[node] = Math.min(low[node] as number, low[next] as number)
        cursor[node] = edge + 1
      }
      continue
    }
    path.pop()
    if (low[node] !== order[node]) continue
    let member: number
    do {
      member = open.pop() as number
      component[member] = count
    } while (member !== node)
    count++
  }
  return { component, count }
}

/** The recurrent classes that can be reached from the start law: the components that no step leaves. */
export function structureOf(chain: Chain): Structure {
  const nodes = chain.states.length + 1
  const { component, count } = components(chain)
  const closed = new Uint8Array(count).fill(1)
  for (let node = 0; node < nodes; node++) {
    for (let edge = chain.offset[node] as number; edge < (chain.offset[node + 1] as number); edge++) {
      if (component[chain.next[edge] as number] !== component[node]) closed[component[node] as number] = 0
    }
  }
  const name = new Int32Array(count).fill(-1)
  const members: number[][] = []
  const classOf = new Int32Array(nodes).fill(-1)
  for (let node = 0; node < nodes; node++) {
    const own = component[node] as number
    if (closed[own] === 0) continue
    if (name[own] === -1) name[own] = members.push([]) - 1
    classOf[node] = name[own] as number
    ;(members[name[own] as number] as number[]).push(node)
  }
  const classes = members.map((list) => Uint32Array.from(list))
  return { classes, classOf, periods: classes.map((nodesOf) => periodOf(chain, nodesOf)) }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** The period of a class: the gcd of level(i) + length - level(j) over its edges, with levels along any spanning tree. */
function periodOf(chain: Chain, nodes: Uint32Array): number {
  const restart = chain.states.length
  const level = new Map<number, number>([[nodes[0] as number, 0]])
  let period = 0
  for (const [node, steps] of level) {
    const after = steps + (node === restart ? 0 : 1)
    for (let edge = chain.offset[node] as number; edge < (chain.offset[node + 1] as number); edge++) {
      const next = chain.next[edge] as number
      const known = level.get(next)
      if (known === undefined) level.set(next, after)
      else period = gcd(period, Math.abs(after - known))
    }
  }
  return period
}
