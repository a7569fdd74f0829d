/** What the service must answer, derived from what src/sandbox/domains.ts says of each domain. */

import type { Answer, RrsigAnswer } from 'dns-packet';
import { expect } from 'vitest';
import type { DnsStatus, SandboxDomain } from '../../src/sandbox/domains.ts';
import type { Ask, Reply } from './client.ts';

export interface Row {
  readonly name: string;
  readonly type: 'MX' | 'A' | 'AAAA' | 'TLSA';
  readonly status: DnsStatus;
}

/** Every lookup that domains.ts has a word for: MX, and for each host its addresses and TLSA. */
export function rowsOf({ domain, mx, hosts }: SandboxDomain): readonly Row[] {
  const lookups = hosts.flatMap(({ host, a, aaaa, tlsa, tlsaBase }): Row[] => [
    { name: host, type: 'A', status: a },
    { name: host, type: 'AAAA', status: aaaa },
    ...(tlsa === 'not asked' ? [] : [{ name: `_25._tcp.${tlsaBase ?? host}`, type: 'TLSA' as const, status: tlsa }]),
  ]);
  return [{ name: domain, type: 'MX', status: mx }, ...lookups, ...(isLost(mx) ? lostRows(domain, mx) : [])];
}

const isLost = (status: DnsStatus) => status === 'bogus' || status === 'indeterminate';

/** Where the MX ends it domains.ts names no host; what is wrong there is wrong with the whole zone. */
function lostRows(domain: string, status: DnsStatus): Row[] {
  return (['A', 'AAAA', 'TLSA'] as const).map((type) => ({
    name: type === 'TLSA' ? `_25._tcp.mx.${domain}` : `mx.${domain}`,
    type,
    status,
  }));
}

/** How a question is asked: RFC 4035 §3.2, RFC 6840 §5.7 to §5.9. */
export const modes = {
  'without EDNS': { size: 0 },
  plain: {},
  AD: { ad: true },
  DO: { dnssecOk: true },
  CD: { cd: true },
  'CD and DO': { cd: true, dnssecOk: true },
} as const satisfies Record<string, Partial<Ask>>;
export type Mode = keyof typeof modes;
export const modeNames = Object.keys(modes) as readonly Mode[];

/** INFO-CODEs of RFC 8914 §4 that must stand in the answer; any other zone has none, or those of its state. */
const infoCodes: Readonly<Record<string, readonly number[]>> = {
  'expired.sandbox': [7],
  'mx.expired.sandbox': [7],
  'not-yet-valid.sandbox': [8],
  'wrong-ds.sandbox': [9],
  '_25._tcp.mx.bogus-tlsa.sandbox': [6],
  'mx.bogus-a.sandbox': [6],
  'lame.sandbox': [22, 23],
  'silent.sandbox': [22, 23],
};

/** All that must hold of an answer. */
export function expectAnswer(row: Row, mode: Mode, reply: Reply): void {
  const asked: Partial<Ask> = modes[mode];
  expect(reply, 'flags').toMatchObject({ ra: true, rd: true, aa: false, tc: false, cd: asked.cd ?? false });
  expect(reply.question).toBe(`${row.name} ${row.type}`);
  expect(reply.opt !== undefined, 'OPT for whoever sent one').toBe(mode !== 'without EDNS');
  expect(reply.opt?.flag_do ?? false, 'DO copied').toBe(asked.dnssecOk ?? false);
  expect(reply.ad, 'AD').toBe(row.status.startsWith('secure') && ((asked.ad ?? false) || (asked.dnssecOk ?? false)));
  if (row.status === 'indeterminate' || (row.status === 'bogus' && !asked.cd)) expectFailure(row, mode, reply);
  else if (row.status.endsWith('denial')) expectDenial(row, reply, asked.dnssecOk ?? false);
  else if (row.status === 'bogus') expectBogusData(row, reply);
  else expectData(row, reply);
  if (asked.dnssecOk && row.status.startsWith('secure')) expectAllSigned(reply);
  if (!asked.dnssecOk) expectNoProofs(reply);
}

function expectFailure({ name, status }: Row, mode: Mode, reply: Reply): void {
  expect(reply.rcode).toBe('SERVFAIL');
  expect([...reply.answer, ...reply.authority, ...reply.additional]).toEqual([]);
  if (mode === 'without EDNS') return;
  const [, codes] = Object.entries(infoCodes).find(([zone]) => name === zone || name.endsWith(`.${zone}`)) ?? [];
  expect(codes, `${name} is known to be ${status}`).toBeDefined();
  expect(codes, `EDE ${JSON.stringify(reply.ede)}`).toContain(reply.ede[0]?.code);
}

function expectData({ type }: Row, reply: Reply): void {
  expect(reply.rcode, JSON.stringify(reply.ede)).toBe('NOERROR');
  expect(reply.answer.map((record) => record.type)).toContain(type);
}

/** A bogus zone's denial reaches a client with CD as well. */
function expectBogusData({ name, type }: Row, reply: Reply): void {
  expect(['NOERROR', 'NXDOMAIN']).toContain(reply.rcode);
  const denied = type === 'AAAA' && name !== 'mx.secure.sandbox';
  expect((denied ? reply.authority : reply.answer).map((record) => record.type)).toContain(denied ? 'SOA' : type);
}

function expectDenial({ type }: Row, reply: Reply, dnssecOk: boolean): void {
  // Hosts exist, so that their AAAA and the domain's MX are NODATA; the TLSA owner is a name of its own.
  expect(reply.rcode, JSON.stringify(reply.ede)).toBe(type === 'TLSA' ? 'NXDOMAIN' : 'NOERROR');
  expect(reply.answer.filter((record) => record.type === type)).toEqual([]);
  expect(reply.authority.filter((record) => record.type === 'SOA')).toHaveLength(1);
  const proofs = reply.authority.filter((record) => record.type === 'NSEC' || record.type === 'NSEC3');
  if (!dnssecOk) expect(proofs).toEqual([]);
}

/** Every RRset that is sent has its RRSIG, and a denial its NSEC or NSEC3. */
function expectAllSigned(reply: Reply): void {
  for (const section of [reply.answer, reply.authority]) {
    const signed = new Set(section.filter(isRrsig).map((rrsig) => `${rrsig.name} ${rrsig.data.typeCovered}`));
    const sent = section.filter((record) => record.type !== 'RRSIG').map((record) => `${record.name} ${record.type}`);
    expect([...signed].sort()).toEqual([...new Set(sent)].sort());
  }
  const denies = reply.authority.some((record) => record.type === 'SOA');
  if (denies) expect(reply.authority.map((record) => record.type)).toEqual(expect.arrayContaining([expect.stringMatching(/^NSEC3?$/)]));
}

function expectNoProofs(reply: Reply): void {
  const types = [...reply.answer, ...reply.authority, ...reply.additional].map((record) => record.type);
  expect(types.filter((type) => ['RRSIG', 'NSEC', 'NSEC3', 'DS', 'DNSKEY'].includes(type))).toEqual([]);
}

export function isRrsig(record: Answer): record is RrsigAnswer {
  return record.type === 'RRSIG';
}
