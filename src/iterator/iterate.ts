/**
 * Follows referrals from the closest known zone cut down to the servers that can answer (RFC 1034 §5.3.3), asking each zone for no
 * more of the name than it needs (RFC 9156). Judges nothing: what it fetches is data that some server gave.
 */

import { isBelow, isWithin, type Name, parent, ROOT } from '../base/name.ts';
import type { Question, RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { IndeterminateReason } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { DelegationCache } from '../cache/delegation-cache.ts';
import { serverKey } from './ask-server.ts';
import { type AskZoneDeps, askZone } from './ask-zone.ts';
import { minimise } from './qname-minimisation.ts';
import type { Alias } from './response-class.ts';
import { delegationOf, serversOf, type ZoneServers } from './zone-servers.ts';

/** What the servers of a zone said, for the question as asked. */
export type Fetched =
  | {
      readonly kind: 'data';
      readonly aliases: readonly Alias[];
      /** Of the type asked, at the end of the aliases; none where the aliases lead out of the zone. */
      readonly rrsets: readonly RRset[];
      /** NSEC and NSEC3 records that came along. */
      readonly authority: readonly RRset[];
      readonly zone: Name;
      readonly server: string;
    }
  | {
      readonly kind: 'denied';
      readonly denial: 'nodata' | 'nxdomain';
      readonly aliases: readonly Alias[];
      /** SOA, NSEC and NSEC3 records. */
      readonly authority: readonly RRset[];
      readonly zone: Name;
      readonly server: string;
    }
  | { readonly kind: 'failure'; readonly reason: IndeterminateReason; readonly detail: string };

/** Servers that an operator named for a zone. */
export interface ConfiguredSource {
  readonly zone: Name;
  readonly servers: ZoneServers;
}

export interface IteratorDeps extends AskZoneDeps {
  readonly delegations: DelegationCache;
  /** The root's servers as the operator gave them, for when nothing better is known. */
  readonly hints: ZoneServers;
  readonly qnameMinimisation: boolean;
  /** Forward and stub zones. */
  readonly configured: readonly ConfiguredSource[];
  /** The zone in whose servers' answers an address RRset of this name was found, if it is cached. */
  readonly zoneOfCached: (name: Name) => Name | undefined;
  /** Keeps what a minimised question was answered with: names beside the one at hand need not ask it again. */
  readonly keepMinimised: (question: Question, fetched: Fetched) => void;
  /** Keeps the DS RRset of a referral, or the records that deny it; they save the chain of trust a question. */
  readonly keepReferralProof: (child: Name, zone: Name, authority: readonly RRset[], server: string) => void;
}

/** Referrals and minimised questions for one fetch. */
const MAX_STEPS = 60;

/**
 * @param avoid servers whose data did not validate, as `serverKey` names them
 * @throws {BudgetExceeded}
 */
export async function iterate(question: Question, avoid: ReadonlySet<string>, work: Work, deps: IteratorDeps): Promise<Fetched> {
  let source = closestServers(question, deps, false);
  let minimising = (deps.qnameMinimisation || question.qtype === Type.NSEC) && !source.recursive;
  let knownLabels = source.zone.labels;
  let minimised = 0;
  let seeksParent = minimising;
  const doubted = new Set(avoid);
  let referredBy: { readonly source: ZoneServers; readonly server: string } | undefined;
  let lost: { readonly source: ZoneServers; readonly failure: Fetched } | undefined;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const step = minimising ? minimise(question, knownLabels, minimised) : question;
    if (step !== question && deps.zoneOfCached(step.qname)?.key === source.zone.key) {
      knownLabels = step.qname.labels;
      continue;
    }
    const result = await askZone(source, step, doubted, work, deps);
    if (result.outcome === 'failed') {
      // Servers that answer, but not this, may mind the minimised question; silent ones would be as silent for the whole name.
      if (step !== question && result.reason === 'servers-failing') minimising = false;
      else if (question.qtype === Type.DS && !minimising && !seeksParent && !source.recursive) {
        // A server of both the child and a zone above the parent speaks for the child: the parent's own servers must be found.
        minimising = seeksParent = true;
      } else if (source.fallback) source = closestServers(question, deps, true);
      else if (referredBy && !lost) {
        // Referrals are not signed: one wrong server of the parent may have sent us here, so another is asked, once.
        lost = { source, failure: { kind: 'failure', reason: result.reason, detail: result.detail } };
        doubted.add(referredBy.server);
        source = referredBy.source;
        knownLabels = source.zone.labels;
      } else return lost?.failure ?? { kind: 'failure', reason: result.reason, detail: result.detail };
      continue;
    }
    const { response, server } = result;
    // Only where another server of the parent knows of no such cut was the referral wrong: it may as well have been this one name.
    if (lost && source === referredBy?.source && response.kind !== 'referral') deps.delegations.delete(lost.source.zone);
    if (response.kind === 'referral') {
      referredBy = { source, server };
      source = followReferral(response, source, server, work, deps);
      if (lost && sameServers(lost.source, source)) return lost.failure;
      knownLabels = Math.max(knownLabels, source.zone.labels);
    } else if (step === question) {
      return { ...response, zone: source.zone, server };
    } else if (response.kind === 'denied' && response.denial === 'nxdomain') {
      minimising = false; // relaxed: servers that deny empty non-terminals are still about
    } else {
      deps.keepMinimised(step, { ...response, zone: source.zone, server });
      minimised++;
      knownLabels = step.qname.labels;
    }
  }
  return { kind: 'failure', reason: 'servers-failing', detail: 'too many referrals' };
}

/** Whether two referrals to one zone lead to the same places. */
function sameServers(a: ZoneServers, b: ZoneServers): boolean {
  const places = ({ zone, servers }: ZoneServers) =>
    [zone.key, ...servers.map(({ name, addresses }) => `${name.key} ${addresses.map(serverKey).sort().join(' ')}`).sort()].join('\n');
  return places(a) === places(b);
}

/**
 * Where to start: the deepest zone known at or above QNAME, a configured one before one that a referral named. DS lives on the
 * parent's side of the cut (RFC 4035 §3.1.4.1), so its search starts above QNAME.
 */
function closestServers(question: Question, deps: IteratorDeps, skipFallible: boolean): ZoneServers {
  const from = question.qtype === Type.DS ? (parent(question.qname) ?? ROOT) : question.qname;
  let configured: ZoneServers | undefined;
  for (const { zone, servers } of deps.configured) {
    if (skipFallible && servers.fallback) continue;
    if (isWithin(from, zone) && (!configured || isBelow(zone, configured.zone))) configured = servers;
  }
  if (configured?.recursive) return configured;
  const delegation = deps.delegations.closest(from, deps.now());
  if (configured && (!delegation || !isBelow(delegation.zone, configured.zone))) return configured;
  if (delegation) return serversOf(delegation, deps.upstreamPort, deps.addressFilter);
  return configured ?? deps.hints;
}

function followReferral(
  referral: { readonly ns: RRset; readonly authority: readonly RRset[]; readonly additional: readonly RRset[] },
  source: ZoneServers,
  server: string,
  work: Work,
  deps: IteratorDeps,
): ZoneServers {
  const child = referral.ns.owner;
  const delegation = delegationOf(referral.ns, referral.additional, source.zone, deps.now());
  deps.delegations.put(delegation, deps.now());
  deps.keepReferralProof(child, source.zone, referral.authority, server);
  work.trace?.({ event: 'referral', zone: child, servers: delegation.servers.length });
  return serversOf(delegation, deps.upstreamPort, deps.addressFilter);
}
