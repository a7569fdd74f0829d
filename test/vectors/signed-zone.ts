/**
 * Zones signed on the spot, right or wrong on purpose: keys and signatures by node:crypto, signed octets and NSEC3 hashes written apart
 * from src, so that a mistake there is not made twice. Names are given in lower case.
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isWildcard, type Name, parent, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { readZoneKeys, type ZoneKeys } from '../../src/dnssec/zone-keys.ts';
import { rdataOf, typeBitmap, typeNumber, uint } from './read-records.ts';

export const NOW = 1_800_000_000;
const DAY = 86_400;

export interface TestKey {
  readonly algorithm: number;
  readonly rdata: Buffer;
  readonly tag: number;
  readonly sign: (data: Uint8Array) => Buffer;
}

export interface KeyOptions {
  readonly algorithm?: number;
  readonly flags?: number;
  readonly protocol?: number;
  readonly bits?: number;
  readonly exponent?: number;
}

export function makeKey({ algorithm = 15, flags = 257, protocol = 3, bits = 1024, exponent = 65537 }: KeyOptions = {}): TestKey {
  const { publicField, signer } = generate(algorithm, bits, exponent);
  const rdata = Buffer.concat([uint(flags, 2), uint(protocol, 1), uint(algorithm, 1), publicField]);
  return { algorithm, rdata, tag: tagOf(rdata), sign: signer };
}

function generate(algorithm: number, bits: number, exponent: number): { publicField: Buffer; signer: (data: Uint8Array) => Buffer } {
  const octets = (text: string | undefined): Buffer => Buffer.from(text as string, 'base64url');
  const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as { n?: string; e?: string; x?: string; y?: string };
  if (algorithm === 13 || algorithm === 14) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: algorithm === 13 ? 'P-256' : 'P-384' });
    const { x, y } = jwk(publicKey);
    const hash = algorithm === 13 ? 'sha256' : 'sha384';
    const signer = (data: Uint8Array) => sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return { publicField: Buffer.concat([octets(x), octets(y)]), signer };
  }
  if (algorithm === 15 || algorithm === 16) {
    const { publicKey, privateKey } = algorithm === 15 ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448');
    return { publicField: octets(jwk(publicKey).x), signer: (data) => sign(null, data, privateKey) };
  }
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent });
  const { n, e } = jwk(publicKey);
  const hash = algorithm === 8 ? 'sha256' : algorithm === 10 ? 'sha512' : 'sha1';
  return { publicField: rsaField(octets(e), octets(n)), signer: (data) => sign(hash, data, privateKey) };
}

export function rsaField(exponent: Buffer, modulus: Buffer): Buffer {
  return Buffer.concat([uint(exponent.length, 1), exponent, modulus]);
}

/** RFC 4034 Appendix B, the reference implementation's way. */
export function tagOf(rdata: Uint8Array): number {
  let accumulator = 0;
  rdata.forEach((octet, i) => {
    accumulator += i & 1 ? octet : octet << 8;
  });
  return (accumulator + ((accumulator >> 16) & 0xffff)) & 0xffff;
}

export interface SignOptions {
  readonly key?: TestKey;
  readonly signer?: Name;
  readonly inception?: number;
  readonly expiration?: number;
  readonly originalTtl?: number;
  /** As written into the RRSIG; the signature is made over the owner that this tells of. */
  readonly labels?: number;
  readonly covered?: number;
  readonly tag?: number;
  /** Flips a bit of the signature. */
  readonly corrupt?: boolean;
}

export interface SignedZone {
  readonly apex: Name;
  readonly key: TestKey;
  readonly keys: ZoneKeys;
  /** The RRset with one more signature. */
  sign(rrset: RRset, options?: SignOptions): RRset;
  /** A signed RRset of one type; each line is the RDATA of a record. */
  rrset(owner: string, typeName: string, lines: readonly string[], options?: SignOptions & { readonly ttl?: number }): RRset;
  nsec(owner: string, next: string, types: string, options?: SignOptions): RRset;
  nsec3(chain: ChainOptions): Nsec3Zone;
}

export interface ChainOptions {
  /** Every name that has an NSEC3, empty non-terminals too, with its types. */
  readonly names: Readonly<Record<string, string>>;
  readonly salt?: string;
  readonly iterations?: number;
  readonly optOut?: boolean;
  readonly hashAlgorithm?: number;
  readonly flags?: number;
}

export interface Nsec3Zone {
  /** The NSEC3 of a name. */
  match(name: string): RRset;
  /** The NSEC3 in whose span a name lies. */
  cover(name: string): RRset;
}

export function signedZone(apexText: string, keyOptions: KeyOptions = {}): SignedZone {
  const apex = parseName(apexText);
  const key = makeKey(keyOptions);
  const keys = readZoneKeys(apex, [key.rdata], { policy: { sha1Signatures: true, sha1Digest: true } });
  const zone: SignedZone = {
    apex,
    key,
    keys,
    sign: (rrset, options = {}) => ({ ...rrset, signatures: [...rrset.signatures, rrsigOf(rrset, apex, key, options)] }),
    rrset: (owner, typeName, lines, options = {}) =>
      zone.sign(
        plainRRset(
          owner,
          typeName,
          lines.map((line) => rdataOf(typeName, line.split(' '))),
          options.ttl,
        ),
        options,
      ),
    nsec: (owner, next, types, options) => zone.rrset(owner, 'NSEC', [`${next} ${types}`.trim()], options),
    nsec3: (chain) => nsec3Zone(zone, chain),
  };
  return zone;
}

export function plainRRset(owner: string, typeName: string, rdata: readonly Uint8Array[], ttl = 3600): RRset {
  return { owner: parseName(owner), type: typeNumber(typeName), class: 1, ttl, rdata, signatures: [] };
}

export function rrsigOf(rrset: RRset, apex: Name, zoneKey: TestKey, options: SignOptions): Uint8Array {
  const key = options.key ?? zoneKey;
  const signer = options.signer ?? apex;
  const ownerLabels = isWildcard(rrset.owner) ? rrset.owner.labels - 1 : rrset.owner.labels;
  const labels = options.labels ?? ownerLabels;
  const originalTtl = options.originalTtl ?? rrset.ttl;
  const head = Buffer.concat([
    uint(options.covered ?? rrset.type, 2),
    uint(key.algorithm, 1),
    uint(labels, 1),
    uint(originalTtl, 4),
    uint((options.expiration ?? NOW + DAY) >>> 0, 4),
    uint((options.inception ?? NOW - DAY) >>> 0, 4),
    uint(options.tag ?? key.tag, 2),
    signer.wire,
  ]);
  let owner: Name = rrset.owner;
  while (owner.labels > labels && labels < ownerLabels) owner = parent(owner) as Name;
  const ownerWire = labels < ownerLabels ? Buffer.concat([Buffer.from('\x01*', 'latin1'), owner.wire]) : Buffer.from(owner.key, 'latin1');
  const records = rrset.rdata
    .toSorted(Buffer.compare)
    .map((rdata) =>
      Buffer.concat([ownerWire, uint(rrset.type, 2), uint(rrset.class, 2), uint(originalTtl, 4), uint(rdata.length, 2), rdata]),
    );
  const signature = key.sign(Buffer.concat([head, ...records]));
  if (options.corrupt) signature[signature.length >> 1] = (signature[signature.length >> 1] as number) ^ 1;
  return Buffer.concat([head, signature]);
}

function nsec3Zone(
  zone: SignedZone,
  { names, salt = '', iterations = 0, optOut = false, hashAlgorithm = 1, flags }: ChainOptions,
): Nsec3Zone {
  const saltOctets = Buffer.from(salt, 'hex');
  const hashOf = (name: string): Buffer => {
    let digest: Buffer = Buffer.from(parseName(name).key, 'latin1');
    for (let i = 0; i <= iterations; i++) digest = createHash('sha1').update(digest).update(saltOctets).digest();
    return digest;
  };
  const ring = Object.entries(names)
    .map(([name, types]) => ({ hash: hashOf(name), types }))
    .toSorted((a, b) => Buffer.compare(a.hash, b.hash));
  const make = (index: number): RRset => {
    const { hash, types } = ring[index] as (typeof ring)[number];
    const next = (ring[(index + 1) % ring.length] as (typeof ring)[number]).hash;
    const bitmap = typeBitmap(types.split(' ').filter(Boolean).map(typeNumber));
    const fixed = Buffer.concat([
      uint(hashAlgorithm, 1),
      uint(flags ?? Number(optOut), 1),
      uint(iterations, 2),
      uint(saltOctets.length, 1),
    ]);
    const rdata = Buffer.concat([fixed, saltOctets, uint(next.length, 1), next, bitmap]);
    const apexText = zone.apex.labels === 0 ? '' : [...zoneLabels(zone.apex)].join('.');
    return zone.sign(plainRRset(`${base32(hash)}.${apexText}`, 'NSEC3', [rdata]));
  };
  return {
    match: (name) => make(ring.findIndex(({ hash }) => hash.equals(hashOf(name)))),
    cover: (name) => {
      const target = hashOf(name);
      if (ring.some(({ hash }) => hash.equals(target))) throw new Error(`${name} exists`);
      const before = ring.findLastIndex(({ hash }) => Buffer.compare(hash, target) < 0);
      return make(before < 0 ? ring.length - 1 : before);
    },
  };
}

function* zoneLabels(name: Name): Generator<string> {
  for (let at = 0; name.wire[at] !== 0; at += (name.wire[at] as number) + 1) {
    yield Buffer.from(name.wire.subarray(at + 1, at + 1 + (name.wire[at] as number))).toString('latin1');
  }
}

export function base32(hash: Buffer): string {
  return BigInt(`0x${hash.toString('hex')}`)
    .toString(32)
    .padStart((hash.length * 8) / 5, '0');
}
