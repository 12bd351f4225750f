/** Unsigned 32-bit numbers, W: one, u32, or four at a time, v128. What is written once for both becomes code for each. */

/** Reads from memory. */
// @ts-ignore: decorator
@inline
export function read<W>(address: usize, offset: usize = 0): W {
  if (isVector<W>()) return v128.load(address + offset)
  return load<u32>(address + offset) as W
}

/** Writes to memory. */
// @ts-ignore: decorator
@inline
export function write<W>(address: usize, x: W, offset: usize = 0): void {
  if (isVector<W>()) v128.store(address + offset, x)
  else store<u32>(address + offset, x)
}

/** The same number in every place. */
// @ts-ignore: decorator
@inline
export function all<W>(x: u32): W {
  if (isVector<W>()) return i32x4.splat(x)
  return x as W
}

// @ts-ignore: decorator
@inline
export function plus<W>(a: W, b: W): W {
  if (isVector<W>()) return i32x4.add(a, b)
  return (a + b) as W
}

// @ts-ignore: decorator
@inline
export function times<W>(a: W, b: W): W {
  if (isVector<W>()) return i32x4.mul(a, b)
  return (a * b) as W
}

/** The upper half of the product of 64 bits. */
// @ts-ignore: decorator
@inline
export function high<W>(a: W, b: W): W {
  if (!isVector<W>()) return (((a as u64) * (b as u64)) >> 32) as W
  return i32x4.shuffle(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7)
}

// @ts-ignore: decorator
@inline
export function and<W>(a: W, b: W): W {
  if (isVector<W>()) return v128.and(a, b)
  return (a & b) as W
}

// @ts-ignore: decorator
@inline
export function xor<W>(a: W, b: W): W {
  if (isVector<W>()) return v128.xor(a, b)
  return (a ^ b) as W
}

// @ts-ignore: decorator
@inline
export function left<W>(x: W, by: u32): W {
  if (isVector<W>()) return i32x4.shl(x, by)
  return (x << by) as W
}

// @ts-ignore: decorator
@inline
export function right<W>(x: W, by: u32): W {
  if (isVector<W>()) return i32x4.shr_u(x, by)
  return (x >>> by) as W
}

// @ts-ignore: decorator
@inline
export function rotate<W>(x: W, by: u32): W {
  if (isVector<W>()) return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by))
  return rotl<u32>(x, by) as W
}

/** All ones where a < b, both below 2^31: a mask for `select`, which cannot be mispredicted. */
// @ts-ignore: decorator
@inline
export function below<W>(a: W, b: W): W {
  if (isVector<W>()) return i32x4.lt_s(a, b)
  return (((a - b) as i32) >> 31) as W
}

/** a where the mask is all ones, b where it is 0. */
// @ts-ignore: decorator
@inline
export function select<W>(mask: W, a: W, b: W): W {
  return xor<W>(b, and<W>(xor<W>(a, b), mask))
}

/** What stands at each of the addresses. */
// @ts-ignore: decorator
@inline
export function fetch<W>(addresses: W, offset: usize = 0): W {
  if (!isVector<W>()) return load<u32>((addresses as usize) + offset) as W
  let found = v128.load32_zero((i32x4.extract_lane(addresses, 0) as usize) + offset)
  found = v128.load_lane<u32>((i32x4.extract_lane(addresses, 1) as usize) + offset, found, 1)
  found = v128.load_lane<u32>((i32x4.extract_lane(addresses, 2) as usize) + offset, found, 2)
  return v128.load_lane<u32>((i32x4.extract_lane(addresses, 3) as usize) + offset, found, 3)
}
