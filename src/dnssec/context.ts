/** What every judgement of this layer is given: the time, a budget, the engine and the local policy. */

import type { Spend } from '../base/budget.ts';
import type { AlgorithmPolicy, DigestPolicy } from '../crypto/algorithm.ts';
import type { Verifier } from '../crypto/verifier.ts';

export interface DnssecContext {
  /** Seconds since the epoch; signature windows are judged by it. */
  readonly now: number;
  /** Charged `signatureChecks`, `failedChecks`, `failedWork`, `nsec3Hashes` and `cryptoWork`. */
  readonly spend: Spend;
  readonly verifier: Verifier;
  readonly policy: DnssecPolicy;
}

export interface DnssecPolicy extends AlgorithmPolicy, DigestPolicy {}
