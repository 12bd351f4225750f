/** Stands in for `node:path` in a page: the server sends an experiment whose paths are absolute. */

/** The last of `paths`. */
export const resolve = (...paths: readonly string[]): string => paths.at(-1) ?? ''

/** What follows the last slash. */
export const basename = (path: string): string => path.split(/[/\\]/).at(-1) ?? path
