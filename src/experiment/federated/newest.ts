/** Remembers what was made last: agents of one process ask for the same thing, one after the other. */

/** Gives what `make` made for the newest key, and makes it where a part of the key is another. A failure is not remembered. */
export function newest<T>(): (key: readonly unknown[], make: () => Promise<T>) => Promise<T> {
  let known: { readonly key: readonly unknown[]; readonly value: Promise<T> } | null = null
  return (key, make) => {
    if (known !== null && known.key.every((part, i) => Object.is(part, key[i]))) return known.value
    const value = make()
    known = { key, value }
    value.catch(() => {
      if (known?.value === value) known = null
    })
    return value
  }
}

/** Gives what `read` made of the newest bytes, and reads where the bytes are others: one Task comes for many agents. */
export function once<T>(read: (bytes: Uint8Array) => T): (bytes: Uint8Array) => T {
  let known: { readonly bytes: Uint8Array; readonly value: T } | null = null
  return (bytes) => {
    if (known?.bytes !== bytes) known = { bytes, value: read(bytes) }
    return known.value
  }
}
