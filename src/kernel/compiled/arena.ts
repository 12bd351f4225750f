/** A plan of linear memory: regions are reserved first, so that the size is known before anything is allocated. */

/** What a WebAssembly memory of 32-bit addresses can hold. */
export const MOST_BYTES = 65535 * 65536

/** Hands out addresses, each a multiple of 64. */
export interface Arena {
  reserve(bytes: number): number
  /** bytes reserved so far, all together */
  size(): number
}

/** An empty arena; address 0 is never handed out. */
export function arena(): Arena {
  let end = 64
  return {
    reserve(bytes) {
      const at = end
      end = Math.ceil((end + bytes) / 64) * 64
      return at
    },
    size: () => end,
  }
}
