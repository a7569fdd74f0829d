/**
 * Which proof answers which question: NSEC where it proves, else NSEC3, never a mixture of both (RFC 4035 §5.4, RFC 5155 §8).
 * NSEC3 with over 50 iterations makes a denial insecure at best; its own signature was verified before (RFC 9276 §3.2).
 */

import { MAX_NSEC3_ITERATIONS, MAX_NSEC3_ITERATIONS_FOLLOWED } from '../base/budget.ts';
import { formatName, isBelow, isWithin, type Name } from '../base/name.ts';
import { Type } from '../base/registry.ts';
import { finish, type Steps } from '../base/steps.ts';
import { NSEC3_HASH_COST } from '../crypto/cost.ts';
import { nsec3Hash } from '../crypto/digest.ts';
import type { DnssecContext } from './context.ts';
import type { DenialRecords } from './denial-records.ts';
import { type DenialVerdict, type NoDsVerdict, type Unproved, unproved } from './denial-verdict.ts';
import { proveExpansionByNsec, proveNoDsByNsec, proveNodataByNsec, proveNxdomainByNsec } from './nsec.ts';
import {
  hashAncestors,
  type Nsec3Chain,
  proveExpansionByNsec3,
  proveNoDsByNsec3,
  proveNodataByNsec3,
  proveNxdomainByNsec3,
} from './nsec3.ts';

export { collectDenial, collectingDenial, type DenialRecords, type VerifiedNsec, type VerifiedNsec3 } from './denial-records.ts';
export type { DenialVerdict, NoDsVerdict } from './denial-verdict.ts';

/** What a proof takes of the context: hashes are charged. */
type Payer = Pick<DnssecContext, 'spend'>;

/** Proves that `qname` does not exist, and that no wildcard makes it. @throws {BudgetExceeded} */
export function proveNxdomain(qname: Name, records: DenialRecords, context: Payer): DenialVerdict {
  return finish(provingNxdomain(qname, records, context));
}

/** The same, a name hashed a step. */
export function* provingNxdomain(qname: Name, records: DenialRecords, context: Payer): Steps<DenialVerdict> {
  if (!isBelow(qname, records.zone)) return notOfZone(qname, records);
  return yield* firstProof(records, {
    byNsec: () => proveNxdomainByNsec(qname, records),
    byNsec3: function* () {
      const chain = openChain(records, context);
      yield* hashAncestors(qname, chain);
      return proveNxdomainByNsec3(qname, chain);
    },
  });
}

/** Proves that `qname`, or the wildcard that makes it, has no records of `qtype` and no CNAME. @throws {BudgetExceeded} */
export function proveNodata(qname: Name, qtype: number, records: DenialRecords, context: Payer): DenialVerdict {
  return finish(provingNodata(qname, qtype, records, context));
}

/** The same, a name hashed a step. */
export function* provingNodata(qname: Name, qtype: number, records: DenialRecords, context: Payer): Steps<DenialVerdict> {
  // DS at an apex is the parent's to deny, and the root has none (RFC 4035 §3.1.4.1).
  const isOurs = qtype === Type.DS && qname.labels > 0 ? isBelow(qname, records.zone) : isWithin(qname, records.zone);
  if (!isOurs) return notOfZone(qname, records);
  return yield* firstProof(records, {
    byNsec: () => proveNodataByNsec(qname, qtype, records),
    byNsec3: function* () {
      const chain = openChain(records, context);
      yield* hashAncestors(qname, chain);
      return proveNodataByNsec3(qname, qtype, chain);
    },
  });
}

/**
 * Proves that nothing closer to `qname` exists than the wildcard under `encloser` that its answer was made of.
 * @param encloser the `wildcard` of the answer's signature verdict
 * @throws {BudgetExceeded}
 */
export function proveWildcardExpansion(qname: Name, encloser: Name, records: DenialRecords, context: Payer): DenialVerdict {
  if (!isBelow(qname, encloser) || !isWithin(encloser, records.zone)) return notOfZone(qname, records);
  const byNsec = () => proveExpansionByNsec(qname, encloser, records);
  // One name alone is hashed.
  return finish(
    firstProof(records, {
      byNsec,
      // biome-ignore lint/correctness/useYield: a proof of one step
      byNsec3: function* () {
        return proveExpansionByNsec3(qname, encloser, openChain(records, context));
      },
    }),
  );
}

/** Finds out whether there is a zone cut without DS at `child`, from records of a zone above it. @throws {BudgetExceeded} */
export function proveNoDs(child: Name, records: DenialRecords, context: Payer): NoDsVerdict {
  return finish(provingNoDs(child, records, context));
}

/** The same, a name hashed a step. */
export function* provingNoDs(child: Name, records: DenialRecords, context: Payer): Steps<NoDsVerdict> {
  if (!isBelow(child, records.zone)) return notOfZone(child, records);
  const byNsec = records.nsec.length > 0 ? proveNoDsByNsec(child, records) : undefined;
  if (byNsec !== undefined && (byNsec.verdict !== 'unproved' || records.nsec3.length === 0)) return byNsec;
  if (records.nsec3.length === 0) return nothingToRead(records);
  const iterations = iterationsOf(records);
  if (iterations > MAX_NSEC3_ITERATIONS_FOLLOWED) return { verdict: 'insecure-iterations' };
  const chain = openChain(records, context);
  yield* hashAncestors(child, chain);
  const verdict = proveNoDsByNsec3(child, chain);
  const isInsecure = verdict.verdict === 'no-ds' || verdict.verdict === 'opt-out';
  return isInsecure && iterations > MAX_NSEC3_ITERATIONS ? { verdict: 'insecure-iterations' } : verdict;
}

interface Proofs {
  readonly byNsec: () => DenialVerdict;
  readonly byNsec3: () => Steps<DenialVerdict>;
}

function* firstProof(records: DenialRecords, { byNsec, byNsec3 }: Proofs): Steps<DenialVerdict> {
  const nsecVerdict = records.nsec.length > 0 ? byNsec() : undefined;
  if (nsecVerdict !== undefined && (nsecVerdict.verdict !== 'unproved' || records.nsec3.length === 0)) return nsecVerdict;
  if (records.nsec3.length === 0) return nothingToRead(records);
  const iterations = iterationsOf(records);
  if (iterations > MAX_NSEC3_ITERATIONS_FOLLOWED) return TOO_MANY_ITERATIONS;
  const verdict = yield* byNsec3();
  return verdict.verdict === 'proved' && iterations > MAX_NSEC3_ITERATIONS ? TOO_MANY_ITERATIONS : verdict;
}

const TOO_MANY_ITERATIONS: DenialVerdict = { verdict: 'insecure', reason: 'nsec3-iterations' };

/** The same for all records of a chain. */
function iterationsOf({ nsec3 }: DenialRecords): number {
  return nsec3[0]?.iterations ?? 0;
}

function notOfZone(name: Name, { zone }: DenialRecords): Unproved {
  return unproved(`${formatName(zone)} cannot deny ${formatName(name)}`);
}

function nothingToRead({ fault }: DenialRecords): Unproved {
  return unproved(fault?.detail ?? 'there are no NSEC or NSEC3 records');
}

/** Each name is hashed once a proof; a hash costs one and its iterations (CVE-2023-50868). */
function openChain({ zone, nsec3 }: DenialRecords, { spend }: Payer): Nsec3Chain {
  const { salt, iterations } = nsec3[0] ?? { salt: new Uint8Array(), iterations: 0 };
  const known = new Map<string, Buffer>();
  const hash = (name: Name): Buffer => {
    const memo = known.get(name.key);
    if (memo !== undefined) return memo;
    spend('nsec3Hashes', iterations + 1);
    spend('cryptoWork', (iterations + 1) * NSEC3_HASH_COST);
    const digest = nsec3Hash(name, salt, iterations);
    known.set(name.key, digest);
    return digest;
  };
  return { zone, nsec3, hash };
}
