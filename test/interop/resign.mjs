// Signs one RRset of a signed zone again, with what a row says is wrong about it (RFC 4034 §3.1.8.1, §6). ECDSA P-256 keys of dnssec-keygen.
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const typeNumbers = { A: 1, CNAME: 5, TXT: 16, AAAA: 28, DNAME: 39, DNSKEY: 48 };
const integer = (value, octets) => Buffer.from(value.toString(16).padStart(2 * octets, '0'), 'hex');

/** A name without escapes, in canonical form (RFC 4034 §6.2). */
function wireName(name) {
  const labels = name
    .toLowerCase()
    .split('.')
    .filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])), Buffer.of(0)]);
}

function wireRdata(type, rdata) {
  switch (type) {
    case 'A':
      return Buffer.from(rdata.split('.').map(Number));
    case 'CNAME':
    case 'DNAME':
      return wireName(rdata);
    case 'DNSKEY': {
      const [flags, protocol, algorithm, ...key] = rdata.split(/\s+/);
      return Buffer.concat([
        integer(Number(flags), 2),
        Buffer.of(Number(protocol), Number(algorithm)),
        Buffer.from(key.join(''), 'base64'),
      ]);
    }
    default:
      throw new Error(`no wire form of ${type}`);
  }
}

/** RFC 4034 appendix B. */
export function keyTagOf(dnskey) {
  const wire = wireRdata('DNSKEY', dnskey);
  const sum = wire.reduce((total, octet, index) => total + (index % 2 === 0 ? octet << 8 : octet), 0);
  return (sum + ((sum >> 16) & 0xffff)) & 0xffff;
}

/** A key of dnssec-keygen by its base name with path: its DNSKEY RDATA, and what signs with it. */
export function readKey(base) {
  const dnskey = /\sDNSKEY\s+(.*)$/m.exec(readFileSync(`${base}.key`, 'utf8'))[1].trim();
  const secret = /PrivateKey: (\S+)/.exec(readFileSync(`${base}.private`, 'utf8'))[1];
  const point = Buffer.from(dnskey.split(/\s+/).slice(3).join(''), 'base64');
  const [x, y] = [point.subarray(0, 32), point.subarray(32)].map((part) => part.toString('base64url'));
  const key = createPrivateKey({
    key: { kty: 'EC', crv: 'P-256', x, y, d: Buffer.from(secret, 'base64').toString('base64url') },
    format: 'jwk',
  });
  return { dnskey, sign: (data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }) };
}

const timeText = (seconds) => new Date(1000 * seconds).toISOString().replace(/\D/g, '').slice(0, 14);

/**
 * An RRSIG over `rdata`, as a line of a zone file. All but `owner`, `type`, `rdata`, `signer` and `key` have the values of a good one
 * unless given; `signedOwner` and `signedType` are what goes into the signed data instead of what the record says.
 */
export function signatureOver({ owner, type, rdata, signer, key, ttl = 3600, ...odd }) {
  const now = Math.floor(Date.now() / 1000);
  const field = {
    covered: type,
    algorithm: 13,
    labels: owner.split('.').filter((label) => label !== '' && label !== '*').length,
    originalTtl: ttl,
    expiration: now + 864_000,
    inception: now - 3_600,
    tag: keyTagOf(key.dnskey),
    ...odd,
  };
  const covered = odd.signedType ?? field.covered;
  const head = Buffer.concat([
    integer(typeNumbers[covered], 2),
    Buffer.of(13, field.labels),
    integer(field.originalTtl, 4),
    integer(field.expiration, 4),
    integer(field.inception, 4),
    integer(field.tag, 2),
    wireName(signer),
  ]);
  const each = rdata.map((text) => wireRdata(type, text)).sort(Buffer.compare);
  const prefix = Buffer.concat([
    wireName(odd.signedOwner ?? owner),
    integer(typeNumbers[type], 2),
    integer(1, 2),
    integer(field.originalTtl, 4),
  ]);
  const data = Buffer.concat([head, ...each.map((octets) => Buffer.concat([prefix, integer(octets.length, 2), octets]))]);
  const signature = key.sign(data).toString('base64');
  const words = [field.covered, field.algorithm, field.labels, field.originalTtl, timeText(field.expiration), timeText(field.inception)];
  return `${owner} ${ttl} IN RRSIG ${words.join(' ')} ${field.tag} ${signer} ${signature}`;
}
