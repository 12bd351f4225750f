/**
 * State reduction (Grassmann, Taksar, Heyman, Operations Research 33, 1985): takes nodes out of a chain one by one and watches the rest.
 * Nothing is subtracted, so results are accurate to rounding in every entry, however small. Sparse, least fill first.
 */

/** A node taken out: its long-run visits are the sum over `from` of the visits there times `ratio`. */
export interface Removed {
  readonly node: number
  readonly from: readonly number[]
  readonly ratio: readonly number[]
}

/** Nodes by number of neighbours, with outdated entries left in until they surface. */
class DegreeQueue {
  private readonly buckets: number[][] = []
  private lowest = 0
  private readonly degree: Int32Array

  constructor(nodes: number) {
    this.degree = new Int32Array(nodes).fill(-1)
  }

  set(node: number, degree: number): void {
    if (this.degree[node] === degree) return
    this.degree[node] = degree
    ;(this.buckets[degree] ??= []).push(node)
    this.lowest = Math.min(this.lowest, degree)
  }

  /** Takes out a node of least degree, or undefined when none is left. */
  take(): number | undefined {
    for (; this.lowest < this.buckets.length; this.lowest++) {
      for (
        let node = this.buckets[this.lowest]?.pop();
        node !== undefined;
        node = this.buckets[this.lowest]?.pop()
      ) {
        if (this.degree[node] !== this.lowest) continue
        this.degree[node] = -1
        return node
      }
    }
    return undefined
  }
}

/** When a reduction ends. */
export interface Limits {
  /** nodes that must stay */
  readonly keep?: (node: number) => boolean
  /** it ends with this many nodes; 0 by default */
  readonly least?: number
  /** it ends before a node that has this many pairs of a predecessor and a successor */
  readonly mostPairs: number
  /** it ends after this many multiplications */
  readonly work?: number
}

/**
 * Takes out nodes, least connected first, until a limit is met; `rows` is changed in place and ends as the chain watched on the others.
 * @param rows node -> successor -> weight; a node's loop to itself may be left out
 * @returns the nodes in the order in which they went, and the others in ascending order
 */
export function reduce(rows: Map<number, number>[], limits: Limits): { removed: Removed[]; rest: number[] } {
  const { keep = () => false, least = 0, mostPairs, work = Infinity } = limits
  const into = rows.map(() => new Set<number>())
  rows.forEach((row, node) => {
    row.delete(node)
    for (const next of row.keys()) into[next]?.add(node)
  })
  const sizeOf = (node: number): number => (rows[node]?.size ?? 0) + (into[node]?.size ?? 0)
  const queue = new DegreeQueue(rows.length)
  rows.forEach((_, node) => {
    if (!keep(node)) queue.set(node, sizeOf(node))
  })
  const removed: Removed[] = []
  let spent = 0
  while (rows.length - removed.length > least) {
    const node = queue.take()
    if (node === undefined) break
    const row = rows[node] as Map<number, number>
    const sources = into[node] as Set<number>
    spent += row.size * sources.size
    if (row.size * sources.size > mostPairs || spent > work) break
    removed.push(takeOut(rows, into, node))
    for (const near of new Set([...row.keys(), ...sources])) if (!keep(near)) queue.set(near, sizeOf(near))
  }
  const gone = new Set(removed.map(({ node }) => node))
  return { removed, rest: Array.from(rows.keys()).filter((node) => !gone.has(node)) }
}

function takeOut(rows: Map<number, number>[], into: Set<number>[], node: number): Removed {
  const row = rows[node] as Map<number, number>
  let leaving = 0
  for (const weight of row.values()) leaving += weight
  const from = [...(into[node] as Set<number>)]
  const ratio = from.map((source) => ((rows[source] as Map<number, number>).get(node) as number) / leaving)
  from.forEach((source, i) => {
    const target = rows[source] as Map<number, number>
    target.delete(node)
    for (const [next, weight] of row) {
      if (next === source) continue
      target.set(next, (target.get(next) ?? 0) + (ratio[i] as number) * weight)
      into[next]?.add(source)
    }
  })
  for (const next of row.keys()) into[next]?.delete(node)
  return { node, from, ratio }
}
