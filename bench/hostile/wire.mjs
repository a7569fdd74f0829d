/** DNS octets of the scripted servers: records, signatures (RFC 4034), messages. Names are lower case text that ends in a dot. */

import { createECDH, createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { keyPair } from '../do53/keys.mjs';

export const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28, OPT: 41, DS: 43, RRSIG: 46, NSEC: 47, DNSKEY: 48, NSEC3: 50 };
const TTL = 3_600;
const DAY = 86_400;
/** What a DNSKEY's flags may hold beside the zone key bit without meaning anything (RFC 4034 §2.1.1): room to make key tags collide. */
const IDLE_FLAGS = 0xfe7e;

export const u16 = (value) => Buffer.of(value >> 8, value & 0xff);
export const u32 = (value) => Buffer.of((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);

export function labelsOf(name) {
  return name.split('.').filter((label) => label !== '');
}

export function wireName(name) {
  return Buffer.concat([
    ...labelsOf(name).map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ]);
}

/** An RRset with its signatures. */
export const rrset = (owner, type, rdatas, signatures = []) => ({ owner, type, rdatas, signatures });

export const address = (text) => Buffer.from(text.split('.').map(Number));

export function soa(apex) {
  const numbers = Buffer.concat([1, 7_200, 3_600, 1_209_600, 300].map(u32));
  return rrset(apex, types.SOA, [Buffer.concat([wireName(`ns.${apex === '.' ? '' : apex}`), wireName('hostmaster.invalid.'), numbers])]);
}

function bitmap(list) {
  const octets = Buffer.alloc(32);
  for (const type of list) octets[type >> 3] |= 0x80 >> (type & 7);
  const length = (Math.max(...list) >> 3) + 1;
  return Buffer.concat([Buffer.of(0, length), octets.subarray(0, length)]);
}

export const nsec = (owner, next, list) =>
  rrset(owner, types.NSEC, [Buffer.concat([wireName(next), bitmap([...list, types.RRSIG, types.NSEC])])]);

const base32hex = (octets) => {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return bits
    .match(/.{5}/g)
    .map((five) => '0123456789abcdefghijklmnopqrstuv'[Number.parseInt(five, 2)])
    .join('');
};

/** The one NSEC3 of a zone that holds nothing but its apex: it matches that and covers all else (RFC 5155 §3.1.7). */
export function loneNsec3(apex, iterations, salt) {
  let digest = createHash('sha1').update(wireName(apex)).update(salt).digest();
  for (let i = 0; i < iterations; i++) digest = createHash('sha1').update(digest).update(salt).digest();
  const head = Buffer.concat([Buffer.of(1, 0), u16(iterations), Buffer.of(salt.length), salt, Buffer.of(20), digest]);
  return rrset(`${base32hex(digest)}.${apex}`, types.NSEC3, [
    Buffer.concat([head, bitmap([types.NS, types.SOA, types.RRSIG, types.DNSKEY])]),
  ]);
}

function tagOf(rdata) {
  let sum = 0;
  for (const [i, octet] of rdata.entries()) sum += i % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >> 16)) & 0xffff;
}

/** The key that the anchor file of the bench names. */
export function rootKey() {
  const { secret, rdata, tag } = keyPair('.', 257);
  const [x, y] = [rdata.subarray(4, 36), rdata.subarray(36)].map((part) => part.toString('base64url'));
  const key = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d: secret.toString('base64url'), x, y }, format: 'jwk' });
  return { algorithm: 13, rdata, tag, sign: (data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }) };
}

const curves = { 13: ['P-256', 'sha256', 'prime256v1'], 14: ['P-384', 'sha384', 'secp384r1'] };

export function makeKey(algorithm) {
  const [namedCurve, hash] = curves[algorithm];
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const rdata = Buffer.concat([u16(257), Buffer.of(3, algorithm), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return { algorithm, rdata, tag: tagOf(rdata), sign: (data) => sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }) };
}

/**
 * Other keys of the same tag and algorithm, points of the curve all of them, told apart by flags that mean nothing (KeyTrap). By ECDH, for Node
 * 20.20 now and then waits for ever where hundreds of pairs are made one after another and exported as JWK.
 */
export function makeTwins({ algorithm, tag }, count) {
  const twins = [];
  while (twins.length < count) {
    const point = createECDH(curves[algorithm][2]).generateKeys().subarray(1); // behind the octet that says uncompressed
    const rdata = Buffer.concat([u16(257), Buffer.of(3, algorithm), point]);
    for (let idle = 0; idle <= 0xffff; idle = ((idle | ~IDLE_FLAGS) + 1) & 0xffff & IDLE_FLAGS) {
      rdata.writeUInt16BE(0x0100 | idle, 0);
      if (tagOf(rdata) === tag) {
        twins.push(rdata);
        break;
      }
      if (idle === IDLE_FLAGS) break;
    }
  }
  return twins;
}

/** RRSIG RDATA of `key` over an RRset. */
export function signatureOf({ owner, type, rdatas }, apex, key) {
  const now = Math.floor(Date.now() / 1000);
  const head = [u16(type), Buffer.of(key.algorithm, labelsOf(owner).length), u32(TTL), u32(now + 14 * DAY), u32(now - DAY), u16(key.tag)];
  const unsigned = Buffer.concat([...head, wireName(apex)]);
  const records = rdatas.toSorted(Buffer.compare).map((rdata) => record(owner, type, rdata));
  return Buffer.concat([unsigned, key.sign(Buffer.concat([unsigned, ...records]))]);
}

export const signed = (set, apex, key) => ({ ...set, signatures: [signatureOf(set, apex, key)] });

/** So many signatures by the key's tag that do not verify, each another, in the shape of good ones. */
export function wrongSignatures(set, apex, key, count) {
  const good = signatureOf({ ...set, rdatas: [] }, apex, key);
  return Array.from({ length: count }, (_, i) => {
    const wrong = Buffer.from(good);
    wrong[wrong.length - 3] ^= i + 1;
    return wrong;
  });
}

export function ds(zone, { rdata, tag, algorithm }) {
  const digest = createHash('sha256').update(wireName(zone)).update(rdata).digest();
  return rrset(zone, types.DS, [Buffer.concat([u16(tag), Buffer.of(algorithm, 2), digest])]);
}

function record(owner, type, rdata) {
  return Buffer.concat([wireName(owner), u16(type), u16(1), u32(TTL), u16(rdata.length), rdata]);
}

const recordsOf = ({ owner, type, rdatas, signatures }) => [
  ...rdatas.map((rdata) => record(owner, type, rdata)),
  ...signatures.map((rdata) => record(owner, types.RRSIG, rdata)),
];

/** The question of a query; undefined where it is none. */
export function readQuery(octets) {
  const labels = [];
  let at = 12;
  for (; octets[at] !== 0; at += octets[at] + 1) {
    if (at > octets.length || octets[at] > 63) return undefined;
    labels.push(octets.toString('latin1', at + 1, at + 1 + octets[at]));
  }
  const question = octets.subarray(12, at + 5);
  return { id: octets.subarray(0, 2), question, qname: `${labels.join('.').toLowerCase()}.`, qtype: octets.readUInt16BE(at + 1) };
}

/** A whole response, or one with TC and the question alone where it is longer than `limit`. */
export function compose({ id, question }, { rcode = 0, aa = true, answer = [], authority = [], additional = [] }, limit) {
  const sections = [answer, authority, additional].map((sets) => sets.flatMap(recordsOf));
  const opt = Buffer.concat([Buffer.of(0), u16(types.OPT), u16(1_232), u32(0x8000), u16(0)]);
  const make = (tc, [answers, authorities, additionals]) => {
    const counts = [1, answers.length, authorities.length, additionals.length + 1].map(u16);
    const flags = Buffer.of(0x80 | (aa ? 4 : 0) | (tc ? 2 : 0), rcode);
    return Buffer.concat([id, flags, ...counts, question, ...answers, ...authorities, ...additionals, opt]);
  };
  const whole = make(false, sections);
  return whole.length > limit ? make(true, [[], [], []]) : whole;
}
