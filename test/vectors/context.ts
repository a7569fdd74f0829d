/** A context of judgement for tests: a clock that stands still, a budget that counts, the engine to be tested. */

import { type Budget, type Limits, openBudget } from '../../src/base/budget.ts';
import { createVerifier, type Verifier } from '../../src/crypto/verifier.ts';
import type { DnssecContext } from '../../src/dnssec/context.ts';

export interface TestContext extends DnssecContext {
  readonly spent: Budget['spent'];
}

const sharedVerifier = createVerifier();

/** A context that many tests share must not run dry. */
const endless: Limits = {
  upstreamQueries: 1e9,
  upstreamOctets: 1e9,
  aliases: 1e9,
  signatureChecks: 1e9,
  failedChecks: 1e9,
  failedWork: 1e9,
  nsec3Hashes: 1e9,
  cryptoWork: 1e9,
  subqueries: 1e9,
  futileLookups: 1e9,
};

/** SHA-1 counts as supported unless told, for most RFC examples are signed with it. */
export function contextAt(
  now: number,
  options: { readonly sha1?: boolean; readonly verifier?: Verifier; readonly limits?: Limits } = {},
): TestContext {
  const budget = openBudget(options.limits ?? endless);
  const sha1 = options.sha1 ?? true;
  return {
    now,
    spend: budget.spend,
    spent: budget.spent,
    verifier: options.verifier ?? sharedVerifier,
    policy: { sha1Signatures: sha1, sha1Digest: sha1 },
  };
}
