/** Waits for something to be so: looks again and again, and leaves how long it may take to the test's own limit. */

/** Between two looks, ms. */
const LOOK_MS = 2

/** Resolves with what `look` gives as soon as that is neither false, null nor undefined. */
export async function until<T>(look: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>> {
  for (;;) {
    const seen = await look()
    if (seen !== false && seen !== null && seen !== undefined)
      return seen as Exclude<T, false | null | undefined>
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
