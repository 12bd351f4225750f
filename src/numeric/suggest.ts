/** Which known word a person meant by an unknown one. */

/**
 * The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, no letter touched twice
 * (the optimal-string-alignment form of the Damerau-Levenshtein distance).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const edited = Math.min(
        (above[j - 1] ?? 0) + (same ? 0 : 1),
        (above[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
      )
      row.push(swapped ? Math.min(edited, (before[j - 2] ?? 0) + 1) : edited)
    }
    before = above
    above = row
  }
  return above[b.length] ?? 0
}

/** Longer words are not compared: nobody mistypes a key of this length, and the distance costs the product of the lengths. */
const LONGEST = 64

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '')

/**
 * The known word nearest to `word`, letter case, dashes and underscores aside; undefined where more than a third of its letters
 * (at least one, at most three edits) would have to change. Among equals the first one listed.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined
  let best: string | undefined
  let least = Math.min(3, Math.max(1, Math.floor(plain(word).length / 3))) + 1
  for (const candidate of known) {
    const distance = editDistance(plain(word), plain(candidate))
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** `, did you mean "known"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant === undefined ? '' : `, did you mean "${meant}"?`
}
