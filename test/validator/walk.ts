/** A chain of trust over the healthy internet, without a resolver: what it looks up is the truth unless told. */

import { clientLimits, openBudget } from '../../src/base/budget.ts';
import { isWithin, type Name, parseName } from '../../src/base/name.ts';
import { formatType, Type } from '../../src/base/registry.ts';
import type { Work } from '../../src/base/work.ts';
import { createVerifier } from '../../src/crypto/verifier.ts';
import { ChainOfTrust } from '../../src/validator/chain-of-trust.ts';
import type { LookedUp, ValidatorDeps } from '../../src/validator/looked-up.ts';
import type { ZoneSecurity } from '../../src/validator/zone-security.ts';
import { answerFrom } from '../scenario/authority.ts';
import { healthyWorld } from '../scenario/healthy.ts';
import { textOf } from '../scenario/rrset.ts';
import { anchorOf, NOW } from '../scenario/world.ts';
import type { Zone } from '../scenario/zone.ts';

export const world = healthyWorld();
/** Zones of the healthy internet that tests here walk to. */
const walked = ['.', 'test.', 'secure.test.', 'plain.test.', 'three.test.', 'bogus.test.', 'opt.', 'plain.opt.', 'deep.plain.test.'];

export type Truth = (name: Name, type: number) => LookedUp;

/** What the servers of the zone that holds a name say. */
export function truthOf(zones: readonly Zone[]): Truth {
  return (name, type) => {
    const holding = zones.filter(({ apex }) => isWithin(name, apex) && !(type === Type.DS && apex.key === name.key && apex.labels > 0));
    const zone = holding.toSorted((a, b) => b.apex.labels - a.apex.labels)[0] as Zone;
    const { rcode, answer, authority } = answerFrom([zone], { qname: name, qtype: type, qclass: 1 });
    const from = { zone: zone.apex, server: '192.0.2.1' };
    const rrset = answer.find((candidate) => candidate.type === type);
    if (rrset) return { kind: 'rrset', rrset, proof: authority, ...from };
    return { kind: rcode === 3 ? 'nxdomain' : 'nodata', authority, ...from };
  };
}

export const truth = truthOf(walked.map(world.zone));

export const work: Work = {
  spend: openBudget(Object.fromEntries(Object.keys(clientLimits).map((what) => [what, 1e9])) as never).spend,
  depth: 0,
  remainingMs: () => 1000,
  trace: undefined,
  turn: () => undefined,
  report: () => {},
  share: async (_key, run) => ({ outcome: 'done', value: await run(work) }),
};

export function setUp(more: Partial<ValidatorDeps> = {}) {
  const clock = { now: NOW };
  const asked: string[] = [];
  const lookUp: ValidatorDeps['lookUp'] = async (name, type, own, avoid) => {
    asked.push(`${textOf(name)} ${formatType(type)}`);
    return more.lookUp ? more.lookUp(name, type, own, avoid) : truth(name, type);
  };
  const chain = new ChainOfTrust({
    verifier: createVerifier(),
    policy: () => ({ sha1Signatures: false, sha1Digest: true }),
    now: () => clock.now,
    signatureTime: () => clock.now,
    anchors: () => [anchorOf(world.root)],
    negativeTrustAnchors: () => [],
    forget: () => {},
    nextKnownCut: () => undefined,
    ...more,
    lookUp,
  });
  const verdict = async (name: string, own = work) => wordsOf(await chain.securityOf(parseName(name), own));
  return { chain, clock, asked, verdict };
}

/** A verdict on one line. */
export function wordsOf(security: ZoneSecurity): string {
  return security.state === 'secure' ? `secure ${textOf(security.keys.zone)}` : `${security.state} ${security.reason}`;
}
