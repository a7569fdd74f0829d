/**
 * Names that a resolver answers by itself, so that questions about a private network do not leave it: special-use names (RFC 6761 and
 * the RFCs that registered theirs) and locally served zones (RFC 6303, IANA "Locally-Served DNS Zones").
 * Each is a zone with SOA and NS at its apex and little or nothing below (RFC 6303 §3), and insecure: nobody signs it.
 * Its DS is its parent's to deny, and is asked there: a validating client behind us needs that proof (RFC 8375 §4, RFC 4035 §3.1.4.1).
 * Limits: ipv4only.arpa is resolved as any name, as RFC 8880 §7.1 wants of resolvers that do no DNS64; nor is `example` special
 * (RFC 6761 §6.5).
 */

import { ancestor, isWithin, type Name, parseName } from '../base/name.ts';
import type { Question, RRset } from '../base/record.ts';
import { Class, Type } from '../base/registry.ts';
import type { Validation } from '../base/validation.ts';
import type { Resolution, ResolutionKind } from '../resolver/resolution.ts';

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Zones that are empty but for their apex. */
const emptyZones = [
  'invalid', // RFC 6761 §6.4
  'test', // RFC 6761 §6.2
  'local', // RFC 6762 §22.1: multicast DNS
  'onion', // RFC 7686 §2
  'alt', // RFC 9476
  'home.arpa', // RFC 8375 §4
  'resolver.arpa', // RFC 9462
  'service.arpa', // RFC 9665
  // Private and shared IPv4 addresses (RFC 6303 §4.1, RFC 7793)
  '10.in-addr.arpa',
  ...range(16, 31).map((octet) => `${octet}.172.in-addr.arpa`),
  '168.192.in-addr.arpa',
  ...range(64, 127).map((octet) => `${octet}.100.in-addr.arpa`),
  // "This" network, link-local, documentation and broadcast (RFC 6303 §4.2)
  '0.in-addr.arpa',
  '254.169.in-addr.arpa',
  '2.0.192.in-addr.arpa',
  '100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa',
  '255.255.255.255.in-addr.arpa',
  // IPv6: unspecified, unique local, link-local, documentation (RFC 6303 §4.3 to §4.6)
  `${'0.'.repeat(32)}ip6.arpa`,
  'd.f.ip6.arpa',
  ...['8', '9', 'a', 'b'].map((nibble) => `${nibble}.e.f.ip6.arpa`),
  '8.b.d.0.1.0.0.2.ip6.arpa',
];

const LOCALHOST = parseName('localhost');

interface Zone {
  readonly apex: Name;
  /** RDATA by type, of the apex and, where `wildcard` is set, of all names below. */
  readonly data: ReadonlyMap<number, Uint8Array>;
  readonly wildcard: boolean;
  /** The one name below the apex that has a record: the loopback address and its PTR. */
  readonly pointer?: Name;
}

const NONE: ReadonlyMap<number, Uint8Array> = new Map();

const zoneList: readonly Zone[] = [
  ...emptyZones.map((name) => ({ apex: parseName(name), data: NONE, wildcard: false })),
  {
    // RFC 6761 §6.3: the name and all names below have the loopback addresses
    apex: LOCALHOST,
    data: new Map([
      [Type.A, Uint8Array.of(127, 0, 0, 1)],
      [Type.AAAA, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    ]),
    wildcard: true,
  },
  { apex: parseName('127.in-addr.arpa'), data: NONE, wildcard: false, pointer: parseName('1.0.0.127.in-addr.arpa') }, // RFC 6303 §4.2
  {
    apex: parseName(`1.${'0.'.repeat(31)}ip6.arpa`), // RFC 6303 §4.3
    data: new Map([[Type.PTR, LOCALHOST.wire]]),
    wildcard: false,
  },
];

const zones: ReadonlyMap<string, Zone> = new Map(zoneList.map((zone) => [zone.apex.key, zone]));
/** Most questions are under none of these, and are known by it at once. */
const topLabels = new Set(zoneList.map(({ apex }) => ancestor(apex, 1).key));
const deepest = Math.max(...zoneList.map(({ apex }) => apex.labels));

/** Fields of RFC 6303 §3: `@ 10800 IN SOA @ nobody.invalid. 1 3600 1200 604800 10800`. */
const TTL = 10_800;
const soaTail = Buffer.concat([parseName('nobody.invalid').wire, ...[1, 3_600, 1_200, 604_800, TTL].map(uint32)]);

function uint32(value: number): Uint8Array {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

/**
 * What a special-use name is answered with, without asking anybody; undefined where the question is no such name's.
 * @param now seconds since the epoch
 * @param configured zones that the operator forwards or stubs: at and below one that lies in a special-use zone, questions go there
 */
export function answerSpecialUse(question: Question, now: number, configured: readonly Name[] = []): Resolution | undefined {
  const { qname, qtype, qclass } = question;
  const zone = qclass === Class.IN ? zoneOf(qname) : undefined;
  if (!zone) return undefined;
  if (qtype === Type.DS && qname.key === zone.apex.key) return undefined;
  if (configured.some((name) => isWithin(qname, name) && isWithin(name, zone.apex))) return undefined;
  const data = recordsAt(zone, qname);
  const answer = data === undefined ? [] : rrsetsOf(data, question);
  const kind: ResolutionKind = data === undefined ? 'nxdomain' : answer.length === 0 ? 'nodata' : 'answer';
  const validation: Validation = { state: 'insecure', zone: zone.apex, reason: 'no-trust-anchor' };
  return {
    question,
    kind,
    answer,
    authority: kind === 'answer' ? [] : [makeRRset(zone.apex, Type.SOA, soaOf(zone))],
    validation,
    aliases: [],
    lastValidation: validation,
    cached: true, // nobody was asked
    expires: now + TTL,
  };
}

function zoneOf(qname: Name): Zone | undefined {
  if (qname.labels === 0 || !topLabels.has(ancestor(qname, 1).key)) return undefined;
  for (let labels = Math.min(qname.labels, deepest); labels > 0; labels--) {
    const zone = zones.get(ancestor(qname, labels).key);
    if (zone) return zone;
  }
  return undefined;
}

/** RDATA by type at a name within the zone; undefined where the name does not exist. */
function recordsAt(zone: Zone, qname: Name): ReadonlyMap<number, Uint8Array> | undefined {
  if (qname.key === zone.apex.key) return new Map([...zone.data, [Type.SOA, soaOf(zone)], [Type.NS, zone.apex.wire]]);
  if (zone.wildcard) return zone.data;
  if (qname.key === zone.pointer?.key) return new Map([[Type.PTR, LOCALHOST.wire]]);
  return zone.pointer && isWithin(zone.pointer, qname) ? NONE : undefined; // an empty non-terminal exists
}

function rrsetsOf(data: ReadonlyMap<number, Uint8Array>, { qname, qtype }: Question): RRset[] {
  const wanted = [...data].filter(([type]) => type === qtype || qtype === Type.ANY);
  return wanted.map(([type, rdata]) => makeRRset(qname, type, rdata));
}

function soaOf(zone: Zone): Uint8Array {
  return Buffer.concat([zone.apex.wire, soaTail]);
}

function makeRRset(owner: Name, type: number, rdata: Uint8Array): RRset {
  return { owner, type, class: Class.IN, ttl: TTL, rdata: [rdata], signatures: [] };
}
