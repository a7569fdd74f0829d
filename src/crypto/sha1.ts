/**
 * SHA-1 (RFC 3174 §6.1) for the hashed owner names of NSEC3, which are short and many: a call of node:crypto costs several times the hash
 * of so few octets. What signatures rest on is hashed there.
 */

const BLOCK_OCTETS = 64;
const LENGTH_OCTETS = 8;

const words = new Int32Array(80);
const initial = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
const state = new Int32Array(5);

/** Writes the hash of `data` to the first 20 octets of `digest`, which may be the same memory. */
export function sha1(data: Uint8Array, digest: Uint8Array): void {
  state.set(initial);
  const { length } = data;
  const padded = Math.ceil((length + 1 + LENGTH_OCTETS) / BLOCK_OCTETS) * BLOCK_OCTETS;
  for (let block = 0; block < padded; block += BLOCK_OCTETS) {
    for (let i = 0; i < 16; i++) {
      const at = block + i * 4;
      words[i] = at + 4 <= length ? wordAt(data, at) : lastWord(data, at);
    }
    // Less than 2**29 octets, so the upper word of their number of bits is zero.
    if (block + BLOCK_OCTETS === padded) words[15] = length * 8;
    addBlock();
  }
  for (let i = 0; i < 20; i++) digest[i] = (state[i >> 2] as number) >>> (24 - (i & 3) * 8);
}

function wordAt(data: Uint8Array, at: number): number {
  return ((data[at] as number) << 24) | ((data[at + 1] as number) << 16) | ((data[at + 2] as number) << 8) | (data[at + 3] as number);
}

/** Of the last octets, the bit behind them and zeros. */
function lastWord(data: Uint8Array, at: number): number {
  let word = 0;
  for (let i = at; i < at + 4; i++) word = (word << 8) | (i < data.length ? (data[i] as number) : i === data.length ? 0x80 : 0);
  return word;
}

function addBlock(): void {
  for (let t = 16; t < 80; t++) {
    const word = (words[t - 3] as number) ^ (words[t - 8] as number) ^ (words[t - 14] as number) ^ (words[t - 16] as number);
    words[t] = (word << 1) | (word >>> 31);
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  for (let t = 0; t < 20; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (~b & d)) + e + 0x5a827999 + (words[t] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 20; t < 40; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + (words[t] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 40; t < 60; t++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (b & d) | (c & d)) + e + 0x8f1bbcdc + (words[t] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 60; t < 80; t++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + (words[t] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = ((state[0] as number) + a) | 0;
  state[1] = ((state[1] as number) + b) | 0;
  state[2] = ((state[2] as number) + c) | 0;
  state[3] = ((state[3] as number) + d) | 0;
  state[4] = ((state[4] as number) + e) | 0;
}
