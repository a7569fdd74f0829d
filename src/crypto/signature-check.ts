/** What every signature engine offers, whichever it is. */

export type SignatureCheck = 'valid' | 'invalid' | 'unsupported';

/** Checks signatures; never throws on octets, whatever they are. */
export interface Verifier {
  /**
   * @param publicKey the public key field of a DNSKEY; one that breaks its format, or is no point of its curve, makes `invalid`
   * @param signature the signature field of an RRSIG
   */
  verifySignature(algorithm: number, publicKey: Uint8Array, signature: Uint8Array, data: Uint8Array): SignatureCheck;
  /** What the next check with this key costs over so many octets, in microseconds (cost.ts); more while the key is not known yet. */
  costOf(algorithm: number, publicKey: Uint8Array, octets: number): number;
}
