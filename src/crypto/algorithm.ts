/**
 * Which DNSSEC algorithms and DS digest types count as supported. One that does not makes a zone insecure, never bogus (RFC 4035 §5.2).
 * Algorithms 5 and 7 verify, but are not trusted unless the policy says so (RFC 9905 §3).
 */

import { Algorithm, DigestType } from '../base/registry.ts';

export interface AlgorithmPolicy {
  /** Whether RSA/SHA-1, algorithms 5 and 7, counts as supported. */
  readonly sha1Signatures: boolean;
}

export interface DigestPolicy {
  /** Whether DS records of digest type 1, where nothing better stands beside them, count as supported. */
  readonly sha1Digest: boolean;
}

/** Whether signatures of this algorithm are judged. */
export function supportsAlgorithm(algorithm: number, policy: AlgorithmPolicy): boolean {
  switch (algorithm) {
    case Algorithm.RSASHA1:
    case Algorithm.RSASHA1_NSEC3_SHA1:
      return policy.sha1Signatures;
    case Algorithm.RSASHA256:
    case Algorithm.RSASHA512:
    case Algorithm.ECDSAP256SHA256:
    case Algorithm.ECDSAP384SHA384:
    case Algorithm.ED25519:
    case Algorithm.ED448:
      return true;
    default:
      return false;
  }
}

/** Whether DS records of this digest type are judged. */
export function supportsDigest(digestType: number, policy: DigestPolicy): boolean {
  return digestType === DigestType.SHA1 ? policy.sha1Digest : digestType === DigestType.SHA256 || digestType === DigestType.SHA384;
}
