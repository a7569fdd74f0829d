// What is done to a signed zone before it is served. A zone's `damage` is one of these, made with the names and values it needs; it takes
// the lines of the zone file, and what `signedZone` tells of the zone, and returns the lines to serve.
import { createHash } from 'node:crypto';
import { keyTagOf, readKey, signatureOver } from './resign.mjs';

const record = (line) => {
  const [owner, ttl, , type, ...rdata] = line.split(/\s+/);
  return { owner: owner?.toLowerCase(), ttl, type, rdata };
};
const full = (owner, { apex }) => (owner === '@' ? apex : `${owner}.${apex}`);

/** Takes out the lines that a test finds by owner, type and covered type of signatures. */
const without = (test) => (lines) => lines.filter((line) => !test(record(line)));

/** All RRSIGs over a type, or over the RRset of one owner. */
export const withoutSignatures = (type, owner) => (lines, zone) =>
  without((each) => each.type === 'RRSIG' && each.rdata[0] === type && (owner === undefined || each.owner === full(owner, zone)))(lines);

export const withoutNsec = without(({ type, rdata }) => type === 'NSEC' || (type === 'RRSIG' && rdata[0] === 'NSEC'));

/** Other RDATA under the old signature. */
export const changed = (owner, type, rdata) => (lines, zone) =>
  lines.map((line) => {
    const each = record(line);
    return each.owner === full(owner, zone) && each.type === type ? `${each.owner} ${each.ttl} IN ${type} ${rdata}` : line;
  });

/** One field of the RRSIGs over an RRset replaced, the signature left: `index` counts from Type Covered. */
export const signatureField = (owner, type, index, text) => (lines, zone) =>
  lines.map((line) => {
    const each = record(line);
    if (each.owner !== full(owner, zone) || each.type !== 'RRSIG' || each.rdata[0] !== type) return line;
    return `${each.owner} ${each.ttl} IN RRSIG ${each.rdata.with(index, text).join(' ')}`;
  });

/** TTL of records above the Original TTL of their RRSIG. */
export const longerTtl = (owner, type, ttl) => (lines, zone) =>
  lines.map((line) => {
    const each = record(line);
    return each.owner === full(owner, zone) && each.type === type ? line.replace(/\s\d+\s/, ` ${ttl} `) : line;
  });

// RFC 4034 §6.1: names sort by labels from the right.
const sortKey = (name) => name.split('.').reverse().slice(1).join('\0');
const before = (a, b) => Buffer.compare(Buffer.from(sortKey(a)), Buffer.from(sortKey(b))) < 0;
const isBetween = (low, x, high, less) => (less(low, high) ? less(low, x) && less(x, high) : less(low, x) || less(x, high));

/** The NSEC that matches or covers a name, and its signature. */
export const withoutNsecThat = (role, owner) => (lines, zone) => {
  const name = full(owner, zone);
  const is = ({ owner: low, rdata }) => (role === 'matches' ? low === name : isBetween(low, name, rdata[0].toLowerCase(), before));
  return withoutProof('NSEC', is, lines);
};

/** RFC 5155 §5, without salt and further iterations. */
function nsec3Label(name) {
  const labels = name.split('.').filter((label) => label !== '');
  const wire = Buffer.concat([...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])), Buffer.of(0)]);
  const bits = [...createHash('sha1').update(wire).digest()].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{5}/g, (five) => '0123456789abcdefghijklmnopqrstuv'[Number.parseInt(five, 2)]);
}

/** The NSEC3 that matches or covers a name, and its signature. */
export const withoutNsec3That = (role, owner) => (lines, zone) => {
  const hash = nsec3Label(full(owner, zone));
  const less = (a, b) => a < b;
  const is = ({ owner: low, rdata }) => {
    const label = low.split('.')[0];
    return role === 'matches' ? label === hash : isBetween(label, hash, rdata[4].toLowerCase(), less);
  };
  return withoutProof('NSEC3', is, lines);
};

function withoutProof(type, is, lines) {
  const found = lines.map(record).find((each) => each.type === type && is(each))?.owner;
  return without((each) => each.owner === found && (each.type === type || (each.type === 'RRSIG' && each.rdata[0] === type)))(lines);
}

const dataOf = (lines, owner, type) =>
  lines
    .map(record)
    .filter((each) => each.owner === owner && each.type === type)
    .map(({ rdata }) => rdata.join(' '));

/** Signs an RRset again. `keep`: beside the signature that it has. `by`: 'zsk' or 'ksk'. @see signatureOver for what may be odd */
export const resigned =
  (owner, type, odd, { by = 'zsk', keep = false } = {}) =>
  (lines, zone) => {
    const name = full(owner, zone);
    const signer = zone.apex;
    const signature = signatureOver({ owner: name, type, rdata: dataOf(lines, name, type), signer, key: readKey(zone[by]), ...odd });
    const rest = keep ? lines : withoutSignatures(type, owner)(lines, zone);
    return [...rest, signature, ''];
  };

/** A broken RRSIG ahead of or behind the good one. */
export const alsoBadSignature = (owner, type) => (lines, zone) => {
  const name = full(owner, zone);
  const good = lines.find((line) => record(line).owner === name && record(line).type === 'RRSIG' && record(line).rdata[0] === type);
  const each = record(good);
  return [...lines, `${name} ${each.ttl} IN RRSIG ${each.rdata.with(8, Buffer.alloc(64, 1).toString('base64')).slice(0, 9).join(' ')}`, ''];
};

/** A DNSKEY with other flags or protocol, the RRset of keys signed again, and `www` signed with that key. */
export const oddKey =
  (which, { flags, protocol = 3 }) =>
  (lines, zone) => {
    const key = readKey(zone[which]);
    const [oldFlags, , ...rest] = key.dnskey.split(/\s+/);
    const odd = { ...key, dnskey: [flags ?? oldFlags, protocol, ...rest].join(' ') };
    const old = key.dnskey.replace(/\s+/g, '');
    const others = lines.filter((line) => record(line).type !== 'DNSKEY' || record(line).rdata.join('') !== old);
    if (others.length === lines.length) throw new Error(`${zone.apex}: key not found`);
    const withKey = [...others, `${zone.apex} 3600 IN DNSKEY ${odd.dnskey}`];
    const keys = dataOf(withKey, zone.apex, 'DNSKEY');
    const by = which === 'ksk' ? odd : readKey(zone.ksk);
    const signer = zone.apex;
    const unsigned = withoutSignatures('DNSKEY', '@')(withKey, zone);
    const signed = [...unsigned, signatureOver({ owner: signer, type: 'DNSKEY', rdata: keys, signer, key: by })];
    if (which === 'ksk') return [...signed, ''];
    const www = full('www', zone);
    const again = signatureOver({ owner: www, type: 'A', rdata: dataOf(lines, www, 'A'), signer, key: odd, tag: keyTagOf(odd.dnskey) });
    return [...withoutSignatures('A', 'www')(signed, zone), again, ''];
  };
