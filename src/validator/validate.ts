/**
 * Judges what was fetched: an RRset by its signatures, a denial by its proof, both by the chain of trust of the zone that signed
 * (RFC 4035 §5.3 and §5.4, RFC 5155 §8).
 */

import { describeLimit, type RRsetLimit } from '../base/budget.ts';
import { formatName, isBelow, isWithin, type Name, parent, sameName } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { formatType, Type } from '../base/registry.ts';
import { takeSteps } from '../base/steps.ts';
import { type BogusReason, SECURE, type Validation } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { collectingDenial, type DenialVerdict, proveWildcardExpansion, provingNodata, provingNxdomain } from '../dnssec/denial.ts';
import { type SignatureVerdict, verifyingRRset } from '../dnssec/rrset-signature.ts';
import type { ZoneKeys } from '../dnssec/zone-keys.ts';
import { WireError } from '../wire/error.ts';
import { tryReadRrsig } from '../wire/rdata/rrsig.ts';
import { readSoa } from '../wire/rdata/soa.ts';
import type { ChainOfTrust } from './chain-of-trust.ts';
import type { ZoneSecurity } from './zone-security.ts';

/** A verdict and the seconds that the data may be kept. */
export interface Judgement {
  readonly validation: Validation;
  readonly ttl: number;
  /** What of the authority section the verdict rests on; all of it validated where the verdict is secure. */
  readonly proof: readonly RRset[];
  /** Whether another server may give better: what this one gave is bogus, or too much to look at. */
  readonly isDoubtful?: boolean;
}

/** Longest that a denial is kept, in seconds (RFC 2308 §5). */
const MAX_DENIAL_TTL = 10_800;

export class Validator {
  readonly #chain: ChainOfTrust;

  constructor(chain: ChainOfTrust) {
    this.#chain = chain;
  }

  /**
   * Judges an RRset.
   * @param walked the zone whose servers gave it, by our own walk
   * @param authority NSEC and NSEC3 records that came with it: a wildcard expansion needs them
   * @throws {BudgetExceeded}
   */
  async judgeRRset(rrset: RRset, walked: Name, authority: readonly RRset[], work: Work): Promise<Judgement> {
    const verdict = this.#withTrace(rrset.owner, rrset.type, work);
    if (rrset.type === Type.RRSIG) {
      return verdict({ validation: { state: 'insecure', zone: walked, reason: 'signatures-asked' }, ttl: rrset.ttl, proof: [] });
    }
    const { security, signed, isCut } = await this.#securityFor(rrset.owner, rrset.type, walked, [rrset], work);
    if (security.state !== 'secure') {
      return verdict({ validation: security, ttl: Math.min(rrset.ttl, this.#chain.longestFor(security)), proof: authority });
    }
    if (!signed) return verdict(isCut ? unjudged('signaturesRead', rrset.ttl, work) : unsigned(rrset, security.keys));
    const context = this.#chain.context(work);
    const { outcome, keys } = await this.#verify(rrset, security.keys, context, work);
    if (outcome.verdict === 'limit-spent') return verdict(unjudged(outcome.limit, rrset.ttl, work));
    if (outcome.verdict === 'bogus') return verdict(bogus(keys.zone, outcome.reason, outcome.detail, rrset.ttl));
    if (!outcome.wildcard) return verdict({ validation: SECURE, ttl: outcome.ttl, proof: [] });

    const records = await takeSteps(collectingDenial(authority, keys, context), work);
    const expansion = proveWildcardExpansion(rrset.owner, outcome.wildcard, records, context);
    if (expansion.verdict === 'unproved' && records.cut) return verdict(unjudged(records.cut, rrset.ttl, work));
    const what = `${formatName(rrset.owner)} is made by a wildcard`;
    const validation = ofDenial(expansion, keys.zone, records.fault, what);
    const isBogus = validation.state === 'bogus';
    const proof = isBogus ? authority : records.rrsets;
    return verdict({ validation, ttl: Math.min(outcome.ttl, records.ttl), proof, isDoubtful: isBogus });
  }

  /**
   * Judges a DNAME as what makes an alias of `name`. There is nothing below a DNAME (RFC 6672 §2.4), so where the operator trusts a key
   * of a zone between the two, only a proved one can be true.
   * @throws {BudgetExceeded}
   */
  async judgeDname(dname: RRset, name: Name, walked: Name, authority: readonly RRset[], work: Work): Promise<Judgement> {
    const judgement = await this.judgeRRset(dname, walked, authority, work);
    const anchor = this.#chain.exemption(name) ? undefined : this.#chain.anchorFor(name);
    if (judgement.validation.state !== 'insecure' || !anchor || !isBelow(anchor.zone, dname.owner)) return judgement;
    const detail = `an unsigned DNAME at ${formatName(dname.owner)} denies the zone of a trust anchor`;
    return { ...judgement, validation: { state: 'bogus', zone: anchor.zone, reason: 'signature-missing', detail }, isDoubtful: true };
  }

  /**
   * Judges a denial of `qtype` at `qname`, or of `qname` itself.
   * @param authority SOA, NSEC and NSEC3 records of the response
   * @throws {BudgetExceeded}
   */
  async judgeDenial(
    denial: 'nodata' | 'nxdomain',
    qname: Name,
    qtype: number,
    walked: Name,
    authority: readonly RRset[],
    work: Work,
  ): Promise<Judgement> {
    let ttl = denialTtl(authority);
    const { security, signed, isCut } = await this.#securityFor(qname, qtype, walked, authority, work);
    const verdict = this.#withTrace(qname, qtype, work);
    if (security.state !== 'secure') {
      return verdict({ validation: security, ttl: Math.min(ttl, this.#chain.longestFor(security)), proof: authority });
    }
    const { keys } = security;
    const what = denial === 'nxdomain' ? formatName(qname) : `${formatName(qname)} ${formatType(qtype)}`;
    if (!signed && isCut) return verdict(unjudged('signaturesRead', ttl, work));
    if (!signed) return verdict(bogus(keys.zone, 'denial-missing', `nothing signed denies ${what}`, ttl));
    const context = this.#chain.context(work);
    const soas = authority.filter((rrset) => rrset.type === Type.SOA);
    for (const soa of soas) {
      // AD speaks for the whole authority section (RFC 4035 §3.2.3), and this SOA sets how long the denial is believed.
      const outcome = await takeSteps(verifyingRRset(soa, keys, context), work);
      if (outcome.verdict === 'limit-spent') return verdict(unjudged(outcome.limit, ttl, work));
      if (outcome.verdict === 'bogus') return verdict(bogus(keys.zone, outcome.reason, outcome.detail, ttl));
      ttl = Math.min(ttl, outcome.ttl);
    }
    const records = await takeSteps(collectingDenial(authority, keys, context), work);
    const proving = denial === 'nxdomain' ? provingNxdomain(qname, records, context) : provingNodata(qname, qtype, records, context);
    const proof = await takeSteps(proving, work);
    if (proof.verdict === 'unproved' && records.cut) return verdict(unjudged(records.cut, ttl, work));
    const validation = ofDenial(proof, keys.zone, records.fault, what);
    const isBogus = validation.state === 'bogus';
    const used = isBogus ? authority : [...soas, ...records.rrsets];
    return verdict({ validation, ttl: Math.min(ttl, records.ttl), proof: used, isDoubtful: isBogus });
  }

  /**
   * Verifies an RRset; where its key is not among those known, with keys fetched anew from another server: servers of a zone may be
   * behind each other during a rollover, and the keys may come from one that is.
   */
  async #verify(rrset: RRset, keys: ZoneKeys, context: DnssecContext, work: Work): Promise<{ outcome: SignatureVerdict; keys: ZoneKeys }> {
    const outcome = await takeSteps(verifyingRRset(rrset, keys, context), work);
    const isKeyUnknown =
      outcome.verdict === 'bogus' ? outcome.reason === 'dnskey-missing' : 'limit' in outcome && outcome.limit === 'zoneKeys';
    if (!isKeyUnknown) return { outcome, keys };
    const renewed = await this.#chain.renewKeys(keys.zone, work);
    return renewed ? { outcome: await takeSteps(verifyingRRset(rrset, renewed, context), work), keys: renewed } : { outcome, keys };
  }

  /**
   * The security of the zone that must speak for `name`: the zone that signed, where a signature is by a zone that may have; else the
   * zone that the chain of trust shows `name` to be in. DS belongs to the zone above.
   */
  async #securityFor(
    name: Name,
    type: number,
    walked: Name,
    rrsets: readonly RRset[],
    work: Work,
  ): Promise<{ security: ZoneSecurity; signed: boolean; isCut?: boolean }> {
    const inside = type === Type.DS ? (parent(name) ?? name) : name;
    const exemption = this.#chain.exemption(inside);
    if (exemption) return { security: exemption, signed: false };
    const top = (await this.#chain.livingAnchorFor(inside, work))?.anchor.zone ?? walked;
    const { signers, isCut } = signersOf(rrsets);
    for (const signer of signers) {
      // Between the zone we walked to, or the anchor, and the name itself: no other zone may speak for it.
      if (!isWithin(inside, signer) || !isWithin(signer, walked) || !isWithin(signer, top)) continue;
      const security = await this.#chain.securityOf(signer, work);
      if (security.state !== 'secure' || sameName(security.keys.zone, signer)) return { security, signed: true };
    }
    return { security: await this.#chain.securityOf(inside, work), signed: false, isCut };
  }

  #withTrace(owner: Name, type: number, work: Work): (judgement: Judgement) => Judgement {
    return (judgement) => {
      work.trace?.({ event: 'validated', owner, type, validation: judgement.validation });
      return judgement;
    };
  }
}

function bogus(zone: Name, reason: BogusReason, detail: string, ttl: number): Judgement {
  return { validation: { state: 'bogus', zone, reason, detail }, ttl, proof: [], isDoubtful: true };
}

/** Not all was looked at, and nothing that was is valid: no verdict. */
function unjudged(limit: RRsetLimit, ttl: number, work: Work): Judgement {
  work.report(limit);
  return { validation: { state: 'indeterminate', reason: 'limit-spent', detail: describeLimit(limit) }, ttl, proof: [], isDoubtful: true };
}

function unsigned(rrset: RRset, keys: ZoneKeys): Judgement {
  const what = `${formatName(rrset.owner)} ${formatType(rrset.type)}`;
  const [reason, detail] =
    rrset.signatures.length === 0
      ? (['signature-missing', `${what} has no RRSIG`] as const)
      : (['signer-wrong', `${what} is not signed by its zone ${formatName(keys.zone)}`] as const);
  return bogus(keys.zone, reason, detail, rrset.ttl);
}

function ofDenial(
  verdict: DenialVerdict,
  zone: Name,
  fault: { reason: BogusReason; detail: string } | undefined,
  what: string,
): Validation {
  switch (verdict.verdict) {
    case 'proved':
      return SECURE;
    case 'insecure':
      return { state: 'insecure', zone, reason: verdict.reason };
    case 'unproved':
      return { state: 'bogus', zone, reason: fault?.reason ?? 'denial-incomplete', detail: fault?.detail ?? `${what}: ${verdict.missing}` };
  }
}

/** Zones whose names stand as signers in these RRsets, the deepest first; a few, for anybody can add more: `isCut` where there are. */
function signersOf(rrsets: readonly RRset[]): { signers: Name[]; isCut: boolean } {
  const signers = new Map<string, Name>();
  const signatures = rrsets.flatMap((rrset) => rrset.signatures);
  for (const rdata of signatures.slice(0, MAX_SIGNATURES_READ)) {
    const signer = tryReadRrsig(rdata)?.signer;
    if (signer) signers.set(signer.key, signer);
  }
  const isCut = signatures.length > MAX_SIGNATURES_READ || signers.size > MAX_SIGNERS;
  return { signers: [...signers.values()].sort((a, b) => b.labels - a.labels).slice(0, MAX_SIGNERS), isCut };
}

const MAX_SIGNATURES_READ = 32;
const MAX_SIGNERS = 3;

/** How long a denial may be kept: the least of its records' TTLs and the SOA's MINIMUM (RFC 2308 §5, RFC 9077 §3); 0 without a SOA or proof. */
export function denialTtl(authority: readonly RRset[]): number {
  if (authority.length === 0) return 0;
  let ttl = MAX_DENIAL_TTL;
  for (const rrset of authority) {
    ttl = Math.min(ttl, rrset.ttl, rrset.type === Type.SOA ? tryReadMinimum(rrset) : ttl);
  }
  return ttl;
}

function tryReadMinimum(soa: RRset): number {
  try {
    return readSoa(soa.rdata[0] as Uint8Array).minimum;
  } catch (error) {
    if (error instanceof WireError) return 0;
    throw error;
  }
}
