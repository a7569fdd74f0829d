/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits, quick on short messages; server cookies are made with it
 * (RFC 9018 §4.4). 64-bit words are held as halves of 32 bits.
 */

export const SIPHASH_KEY_OCTETS = 16;
export const SIPHASH_OCTETS = 8;

/** v0 to v3, each as its lower and its upper half. */
type State = Int32Array;

/** "somepseudorandomlygeneratedbytes", in the order of `State`. */
const START = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462];

/** The hash, its lowest octet first, as the reference implementation writes it. @throws {RangeError} for a key not of 16 octets */
export function sipHash24(key: Uint8Array, data: Uint8Array): Buffer {
  if (key.length !== SIPHASH_KEY_OCTETS) throw new RangeError('a SipHash key has 16 octets');
  const keyWords = Buffer.from(key);
  const state = Int32Array.from(START, (word, half) => word ^ keyWords.readInt32LE((half % 4) * 4));
  // The last word holds what is left of the data, and the length modulo 256 in its top octet.
  const padded = Buffer.alloc((Math.floor(data.length / 8) + 1) * 8);
  padded.set(data);
  padded[padded.length - 1] = data.length & 0xff;
  for (let at = 0; at < padded.length; at += 8) absorb(state, padded.readInt32LE(at), padded.readInt32LE(at + 4));
  xorInto(state, 4, 0xff, 0);
  for (let round = 0; round < 4; round++) sipRound(state);
  const result = Buffer.allocUnsafe(SIPHASH_OCTETS);
  result.writeInt32LE(half(state, 0) ^ half(state, 2) ^ half(state, 4) ^ half(state, 6), 0);
  result.writeInt32LE(half(state, 1) ^ half(state, 3) ^ half(state, 5) ^ half(state, 7), 4);
  return result;
}

function absorb(state: State, lower: number, upper: number): void {
  xorInto(state, 6, lower, upper);
  sipRound(state);
  sipRound(state);
  xorInto(state, 0, lower, upper);
}

function sipRound(state: State): void {
  mix(state, 0, 2, 13);
  rotate(state, 0, 32);
  mix(state, 4, 6, 16);
  mix(state, 0, 6, 21);
  mix(state, 4, 2, 17);
  rotate(state, 4, 32);
}

/** a += b; b = (b <<< bits) ^ a */
function mix(state: State, a: number, b: number, bits: number): void {
  const lower = (half(state, a) >>> 0) + (half(state, b) >>> 0);
  state[a] = lower;
  state[a + 1] = half(state, a + 1) + half(state, b + 1) + (lower > 0xffffffff ? 1 : 0);
  rotate(state, b, bits);
  xorInto(state, b, half(state, a), half(state, a + 1));
}

/** To the left, by at most 32 bits. */
function rotate(state: State, word: number, bits: number): void {
  const lower = half(state, word);
  const upper = half(state, word + 1);
  state[word] = bits === 32 ? upper : (lower << bits) | (upper >>> (32 - bits));
  state[word + 1] = bits === 32 ? lower : (upper << bits) | (lower >>> (32 - bits));
}

function xorInto(state: State, word: number, lower: number, upper: number): void {
  state[word] = half(state, word) ^ lower;
  state[word + 1] = half(state, word + 1) ^ upper;
}

function half(state: State, at: number): number {
  return state[at] as number;
}
