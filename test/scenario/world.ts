/**
 * A scripted internet in process: signed zones as data, servers by address, a clock that stands still, and the resolver under test on top
 * of it. No sockets and no sleeping: a server that does not answer has timed out at once.
 */

import { createHash } from 'node:crypto';
import { isBelow, isWithin, type Name, parseName } from '../../src/base/name.ts';
import type { Message, RRset } from '../../src/base/record.ts';
import { formatType, Rcode, Type } from '../../src/base/registry.ts';
import type { TraceEvent } from '../../src/base/trace.ts';
import type { NegativeTrustAnchor, TrustAnchor } from '../../src/base/trust-anchor.ts';
import type { Exchange, UpstreamOutcome, UpstreamQuery } from '../../src/net/exchange.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { createResolver } from '../../src/resolver/resolver.ts';
import type { PrefetchOutcome, ResolverSettings } from '../../src/resolver/settings.ts';
import { rdataOf, typeNumber } from '../vectors/read-records.ts';
import { NOW, type TestKey } from '../vectors/signed-zone.ts';
import { answerFrom, type Reply } from './authority.ts';
import { textOf } from './rrset.ts';
import { Zone, type ZoneText } from './zone.ts';

export { NOW };

/** Changes or replaces what a server says; undefined leaves it. */
export type Behaviour = (reply: Reply, query: UpstreamQuery) => Reply | UpstreamOutcome | undefined;

export const timeout: UpstreamOutcome = { outcome: 'timeout', nearMisses: 0 };

export interface World {
  readonly zone: (apex: string) => Zone;
  readonly servers: ReadonlyMap<string, readonly Zone[]>;
  readonly root: Zone;
}

/** Puts zones together: delegations, glue and DS come from what each zone says of itself. */
export function makeWorld(texts: readonly ZoneText[]): World {
  const zones = texts.map((text) => new Zone(text));
  const servers = new Map<string, Zone[]>();
  for (const zone of zones) {
    delegate(zone, deepestAbove(zone, zones));
    for (const address of zone.text.at) servers.set(address, [...(servers.get(address) ?? []), zone]);
  }
  const zone = (apex: string): Zone => {
    const found = zones.find((candidate) => candidate.text.apex === apex);
    if (!found) throw new Error(`no zone ${apex}`);
    return found;
  };
  return { zone, servers, root: zone('.') };
}

function deepestAbove(zone: Zone, zones: readonly Zone[]): Zone | undefined {
  return zones.filter(({ apex }) => isBelow(zone.apex, apex)).toSorted((a, b) => b.apex.labels - a.apex.labels)[0];
}

export function serverNames({ text }: Zone): string[] {
  return text.at.map((_, i) => text.ns?.[i] ?? (text.apex === '.' ? `ns${i + 1}.root-servers.` : `ns${i + 1}.${text.apex}`));
}

function delegate(zone: Zone, above: Zone | undefined): void {
  serverNames(zone).forEach((name, i) => {
    zone.add(`@ NS ${name}`);
    above?.add(`${zone.text.apex} NS ${name}`);
    const address = zone.text.at[i] as string;
    const line = `${name} ${address.includes(':') ? 'AAAA' : 'A'} ${address}`;
    if (!isWithin(parseName(name), zone.apex)) return;
    zone.add(line);
    above?.add(line);
  });
  const { ds } = zone.text;
  if (!above || ds === 'none' || (!zone.isSigned && ds === undefined)) return;
  for (const line of ds ?? [dsOf(zone)]) above.add(`${zone.text.apex} DS ${line}`);
}

/** DS of a key as presentation format. */
export function dsOf(
  zone: { readonly apex: Name; readonly signed: { readonly key: TestKey } },
  digestType = 2,
  key = zone.signed.key,
): string {
  const hash = digestType === 1 ? 'sha1' : digestType === 4 ? 'sha384' : 'sha256';
  const digest = createHash(hash).update(Buffer.from(zone.apex.key, 'latin1')).update(key.rdata).digest('hex');
  return `${key.tag} ${key.algorithm} ${digestType} ${digest}`;
}

export interface Sent {
  readonly address: string;
  readonly name: string;
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  readonly recursive: boolean;
}

export interface Bench {
  readonly sent: Sent[];
  readonly events: TraceEvent[];
  readonly clock: { now: number };
  readonly resolver: ReturnType<typeof createResolver>;
  ask(name: string, type?: string): Promise<Resolution>;
  /** As `ask`, with what the resolver told of it in `events`. */
  traced(name: string, type?: string): Promise<Resolution>;
  /** Puts another world in place of this one; what is cached stays. */
  moveTo(next: World): void;
  /** Replaces the behaviours. */
  behave(...behaviours: readonly Behaviour[]): void;
}

export interface BenchOptions {
  readonly behaviours?: readonly Behaviour[];
  readonly settings?: Partial<ResolverSettings>;
  readonly now?: number;
  /** What an exchange waits for before it is answered. */
  readonly delay?: (query: UpstreamQuery) => Promise<unknown> | undefined;
  readonly onNegativeAnchorLifted?: (anchor: NegativeTrustAnchor) => void;
  readonly onPrefetch?: (outcome: PrefetchOutcome) => void;
  /** Trust anchors that change; those of `settings` unless told. */
  readonly anchors?: () => readonly TrustAnchor[];
}

/** A resolver over a world; caches are its own, zones and signatures are the world's. */
export function makeBench(world: World, { behaviours = [], settings = {}, now = NOW, delay, anchors, ...hooks }: BenchOptions = {}): Bench {
  const clock = { now };
  const sent: Sent[] = [];
  const events: TraceEvent[] = [];
  let acting = behaviours;
  let current = world;
  const exchange: Exchange = async (query) => {
    const { server, question, transport, recursionDesired } = query;
    sent.push({
      address: server.address,
      name: textOf(question.qname),
      type: formatType(question.qtype),
      transport,
      recursive: recursionDesired,
    });
    await delay?.(query);
    const zones = current.servers.get(server.address);
    let reply: Reply | UpstreamOutcome = zones ? answerFrom(zones, question) : timeout;
    for (const behaviour of acting) {
      const next: Reply | UpstreamOutcome | undefined = 'outcome' in reply ? undefined : behaviour(reply, query);
      reply = next ?? reply;
    }
    return 'outcome' in reply ? reply : respond(reply, query);
  };
  let seed = 1;
  const resolver = createResolver({
    exchange,
    now: () => clock.now,
    signatureTime: () => clock.now,
    randomInt: (bound) => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % bound;
    },
    settings: { ...settingsFor(world), ...settings },
    anchors,
    ...hooks,
  });
  const question = (name: string, type: string) => ({ qname: parseName(name), qtype: typeNumber(type), qclass: 1 });
  return {
    sent,
    events,
    clock,
    resolver,
    ask: (name, type = 'A') => resolver.resolve(question(name, type)),
    traced: (name, type = 'A') => resolver.resolve(question(name, type), { trace: (event) => events.push(event) }),
    moveTo: (next) => {
      current = next;
    },
    behave: (...next) => {
      acting = next;
    },
  };
}

/** Without EDNS there is no DO, so nothing of DNSSEC goes along (RFC 3225 §3). */
function respond(reply: Reply, { question, edns, recursionDesired }: UpstreamQuery): UpstreamOutcome {
  const isProof = ({ type }: RRset) => type === Type.NSEC || type === Type.NSEC3 || (type === Type.DS && question.qtype !== Type.DS);
  const plain = (section: readonly RRset[]) =>
    edns ? section : section.filter((rrset) => !isProof(rrset)).map((rrset) => ({ ...rrset, signatures: [] }));
  const message: Message = {
    id: 0,
    opcode: 0,
    rcode: reply.rcode,
    flags: {
      response: true,
      authoritative: reply.authoritative,
      truncated: reply.truncated ?? false,
      recursionDesired,
      recursionAvailable: reply.recursionAvailable ?? false,
      authenticData: false,
      checkingDisabled: false,
    },
    question: [question],
    answer: plain(reply.answer),
    authority: plain(reply.authority),
    additional: plain(reply.additional),
    edns: edns && reply.edns !== false ? { udpSize: 1232, version: 0, dnssecOk: true, options: reply.options ?? [] } : undefined,
  };
  return { outcome: 'response', message, octets: reply.octets ?? 500, rttMs: 10, nearMisses: 0 };
}

export function anchorOf(zone: Zone): { zone: Name; ds: Uint8Array[]; dnskeys: Uint8Array[] } {
  return { zone: zone.apex, ds: [rdataOf('DS', dsOf(zone).split(' '))], dnskeys: [] };
}

export function settingsFor(world: World): ResolverSettings {
  const { root } = world;
  return {
    rootServers: serverNames(root).map((name, i) => ({ name: parseName(name), addresses: [root.text.at[i] as string] })),
    anchors: [anchorOf(root)],
    negativeTrustAnchors: [],
    priming: false,
    qnameMinimisation: true,
    caseRandomisation: false,
    cookies: true,
    upstreamPort: 53,
    ipv4: true,
    ipv6: false,
    mayQuery: () => true,
    forward: [],
    stub: [],
    validation: true,
    sha1Signatures: false,
    sha1Digest: true,
    maxCacheOctets: 8_000_000,
    minTtl: 0,
    maxTtl: 86_400,
  };
}

/** `state reason` and kind, for tables. */
export function said({ kind, validation }: Resolution): string {
  return validation.state === 'secure' ? `${kind} secure` : `${kind} ${validation.state} ${validation.reason}`;
}

export function stateOf({ validation }: Resolution): string {
  return validation.state;
}

/** Owner, type and RDATA of an answer, without TTLs and signatures. */
export function dataOf({ answer }: Resolution): string[] {
  return answer.map(({ owner, type, rdata }) => {
    const values = rdata.map((octets) => Buffer.from(octets).toString('hex')).toSorted();
    return `${textOf(owner)} ${formatType(type)} ${values.join(' ')}`;
  });
}

/** Behaviours that act at some servers, or on some questions, alone. */
export function at(addresses: readonly string[], behaviour: Behaviour): Behaviour {
  return (reply, query) => (addresses.includes(query.server.address) ? behaviour(reply, query) : undefined);
}

export function on(name: string, type: string, behaviour: Behaviour): Behaviour {
  const { key } = parseName(name);
  return (reply, query) =>
    query.question.qname.key === key && query.question.qtype === typeNumber(type) ? behaviour(reply, query) : undefined;
}

/** Maps every RRset of every section; undefined takes it out. */
export function rewrite(change: (rrset: RRset) => RRset | undefined): Behaviour {
  const over = (section: readonly RRset[]) => section.map(change).filter((rrset) => rrset !== undefined);
  return (reply) => ({ ...reply, answer: over(reply.answer), authority: over(reply.authority), additional: over(reply.additional) });
}

export const unsigned = rewrite((rrset) =>
  rrset.type === Type.NSEC || rrset.type === Type.NSEC3 ? undefined : { ...rrset, signatures: [] },
);

export const silent: Behaviour = () => timeout;

export function rcode(code: number): Behaviour {
  return () => ({ rcode: code, authoritative: false, answer: [], authority: [], additional: [] });
}

export const servfail = rcode(Rcode.SERVFAIL);

/** One bit of the last octet turned. */
export function flip(octets: Uint8Array): Uint8Array {
  const turned = Uint8Array.from(octets);
  turned[turned.length - 1] = (turned.at(-1) as number) ^ 1;
  return turned;
}
