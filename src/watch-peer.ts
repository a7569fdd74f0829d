/**
 * Looks at the other resolver that the appliance is given, again and again: whether it can serve it, and whether it says of the same zones
 * what we say. The appliance goes to and fro between the two, so a difference is mail that leaves at one moment and waits at the next.
 */

import { randomBytes } from 'node:crypto';
import { type Endpoint, formatEndpoint } from './base/prefix.ts';
import { Class, Type } from './base/registry.ts';
import type { PeerReport } from './http/health-route.ts';
import type { Logger } from './log.ts';
import type { Resolver } from './resolver/resolution.ts';
import { createClient } from './resolver-client.ts';
import { checkNames, checkResolver } from './selftest/checks.ts';
import { type Ask, askVerdict } from './selftest/reply.ts';
import { allZones, type SelftestZones, textOf } from './selftest/selftest.ts';

/** Seconds until the next look where the last one found fault. */
const SOON = 15;

export interface PeerWatch {
  readonly report: () => PeerReport;
  /** Looks now and from then on. */
  readonly start: () => void;
  readonly end: () => void;
}

export interface PeerWatchDeps {
  readonly peer: Endpoint;
  readonly zones: SelftestZones;
  /** Seconds. */
  readonly interval: number;
  /** Ours. */
  readonly resolver: Resolver;
  readonly log: Logger;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly ask?: Ask;
}

export function watchPeer({ peer, zones, interval, resolver, log, now, ask = createClient(peer) }: PeerWatchDeps): PeerWatch {
  const address = formatEndpoint(peer);
  let report: PeerReport = { address, state: 'not-checked', reasons: [], checkedAt: null };
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const look = async () => {
    const found = await lookAt(ask, zones, resolver);
    if (ended) return;
    if (found.state !== report.state) {
      const level = found.state === 'agrees' ? 'info' : 'warn';
      log[level]({ peer: address, ...found }, `peer: ${found.state}`);
    }
    report = { address, ...found, checkedAt: new Date(now() * 1000).toISOString() };
    timer = setTimeout(start, 1000 * (found.state === 'agrees' ? interval : Math.min(interval, SOON)));
  };
  const start = () =>
    void look().catch((err) => {
      if (ended) return;
      log.error({ err }, 'the look at the peer failed');
      timer = setTimeout(start, interval * 1000);
    });
  return {
    report: () => report,
    start,
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/** Silence is no difference: where the peer is down, we are the one that must go on. */
async function lookAt(ask: Ask, zones: SelftestZones, resolver: Resolver): Promise<Pick<PeerReport, 'state' | 'reasons'>> {
  const [checks, differences] = await Promise.all([
    checkResolver(ask, zones, `zeker-${randomBytes(6).toString('hex')}`),
    Promise.all(allZones(zones).map((zone) => differenceOn(ask, zone, resolver))),
  ]);
  if (checks.udp !== undefined && checks.tcp !== undefined) return { state: 'unreachable', reasons: [checks.udp] };
  const faults = checkNames.flatMap((name) => (checks[name] === undefined ? [] : [`${name}: ${checks[name]}`]));
  const reasons = [...faults, ...differences.filter((difference) => difference !== undefined)];
  return { state: reasons.length === 0 ? 'agrees' : 'differs', reasons };
}

async function differenceOn(ask: Ask, zone: SelftestZones['secure'], resolver: Resolver): Promise<string | undefined> {
  const question = { qname: zone, qtype: Type.SOA, qclass: Class.IN };
  const [theirs, { validation }] = await Promise.all([askVerdict(ask, zone), resolver.resolve(question)]);
  const ours = validation.state;
  // What either of us could not fetch is no verdict.
  if (ours === 'indeterminate' || theirs.verdict === 'failing' || theirs.verdict === 'silent') return undefined;
  return theirs.verdict === ours ? undefined : `verdict: ${textOf(zone)} is ${ours} to us and ${theirs.verdict} to the peer`;
}
