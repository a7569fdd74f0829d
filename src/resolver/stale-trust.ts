/**
 * Whether what was learned before still stands by what the chain of trust has learned since, without asking anybody: a zone that has been
 * signed makes no unsigned answer any more, a key that was withdrawn signs none, and a zone that is gone says nothing.
 *
 * Limits: only memory counts; of what the chain never heard, or has no room for any more, dates alone decide.
 */

import { BudgetExceeded, openBudget, sharedLimits } from '../base/budget.ts';
import { isWithin, type Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import type { Validation } from '../base/validation.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { verifyRRset } from '../dnssec/rrset-signature.ts';
import type { ZoneKeys } from '../dnssec/zone-keys.ts';
import type { ChainOfTrust, RememberedCut } from '../validator/chain-of-trust.ts';
import { tryReadRrsig } from '../wire/rdata/rrsig.ts';

/** What of the chain of trust is wanted here. */
export type TrustMemory = Pick<ChainOfTrust, 'remembered' | 'context'>;

/** What was learned and judged once. */
export interface Learned {
  readonly validation: Validation;
  /** All that it rests on. */
  readonly rrsets: readonly RRset[];
  readonly isNameError: boolean;
  /** Seconds since the epoch. */
  readonly received: number;
}

export class StaleTrust {
  readonly #memory: TrustMemory;
  /** By the first RRset, which the caches keep as it is: which keys it was last held against. */
  readonly #held = new WeakMap<RRset, { readonly keys: ZoneKeys; readonly isSigned: boolean }>();

  constructor(memory: TrustMemory) {
    this.#memory = memory;
  }

  /** Whether something that the chain learned no earlier ended it. */
  isEnded(name: Name, learned: Learned): boolean {
    const cuts = this.#memory.remembered(name).filter(({ received }) => received >= learned.received);
    return cuts.length > 0 && speakersOf(name, learned).some((zone) => cuts.some((cut) => this.#ends(cut, zone, learned)));
  }

  /** @param zone the one that spoke */
  #ends({ at, cut }: RememberedCut, zone: Name, learned: Learned): boolean {
    const depth = at.labels - zone.labels;
    if (cut.at === 'no-cut') return depth === 0;
    if (cut.at === 'no-such-name') return depth <= 0 || !learned.isNameError;
    const { security } = cut;
    if (security.state === 'indeterminate') return false;
    if (depth > 0 || security.state === 'bogus') return true;
    if (security.state === 'insecure') return learned.validation.state !== 'insecure';
    return depth === 0 && !this.#isSigned(learned.rrsets, security.keys);
  }

  #isSigned(rrsets: readonly RRset[], keys: ZoneKeys): boolean {
    const [first] = rrsets;
    if (!first) return false;
    const held = this.#held.get(first);
    if (held?.keys === keys) return held.isSigned;
    const isSigned = rrsets.length <= MAX_RRSETS && allVerify(rrsets, keys, this.#memory.context(openBudget(sharedLimits)));
    this.#held.set(first, { keys, isSigned });
    return isSigned;
  }
}

function allVerify(rrsets: readonly RRset[], keys: ZoneKeys, context: DnssecContext): boolean {
  try {
    return rrsets.every((rrset) => verifyRRset(rrset, keys, context).verdict === 'secure');
  } catch (error) {
    if (error instanceof BudgetExceeded) return false;
    throw error;
  }
}

/** More than any proof needs: SOA, three NSEC3, and what they are about. */
const MAX_RRSETS = 8;

/** The zones that spoke: those whose signatures there are, or the one that was found insecure. */
function speakersOf(name: Name, { validation, rrsets }: Learned): readonly Name[] {
  if (validation.state === 'insecure') return [validation.zone];
  const signers = new Map<string, Name>();
  for (const signature of rrsets.flatMap(({ signatures }) => signatures)) {
    const signer = tryReadRrsig(signature)?.signer;
    if (signer && isWithin(name, signer)) signers.set(signer.key, signer);
  }
  return [...signers.values()];
}
