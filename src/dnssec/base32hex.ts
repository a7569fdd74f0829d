/** Hashed owner names: base32 with the extended hex alphabet, no padding, case ignored (RFC 4648 §7, RFC 5155 §3.3). */

const DIGITS = '0123456789abcdefghijklmnopqrstuv';
const BITS = 5;

/** The octets of a label; undefined where it holds another character or leaves bits over. */
export function decodeHash(label: Uint8Array): Buffer | undefined {
  const octets = Buffer.alloc((label.length * BITS) >> 3);
  let pending = 0;
  let bits = 0;
  let at = 0;
  for (const octet of label) {
    const value = DIGITS.indexOf(String.fromCharCode(octet).toLowerCase());
    if (value < 0) return undefined;
    pending = ((pending << BITS) | value) & 0xfff;
    bits += BITS;
    if (bits >= 8) {
      bits -= 8;
      octets[at++] = pending >> bits;
    }
  }
  return bits < BITS && (pending & ((1 << bits) - 1)) === 0 ? octets : undefined;
}
