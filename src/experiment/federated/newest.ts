/** Remembers what was made last: agents of one process ask for the same thing, one after the other. */

/** Gives what `make` made for the newest key, and makes it where the key is another. A failure is not remembered. */
export function newest<T>(): (key: string, make: () => Promise<T>) => Promise<T> {
  let known: { readonly key: string; readonly value: Promise<T> } | null = null
  return (key, make) => {
    if (known?.key === key) return known.value
    const value = make()
    known = { key, value }
    value.catch(() => {
      if (known?.value === value) known = null
    })
    return value
  }
}
