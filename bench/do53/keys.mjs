/** Keys of algorithm 13 (RFC 6605) for a zone, made of its name, in the files that ldns-signzone reads; and the zone's DS record. */

import { createECDH, createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KSK = 257;
const ZSK = 256;

/** A zone's key; the same each time, so that zones can be cached and compared. Good for nothing but a bench. */
export function keyPair(origin, flags) {
  const ecdh = createECDH('prime256v1');
  const secret = createHash('sha256').update(`zeker bench ${origin} ${flags}`).digest();
  ecdh.setPrivateKey(secret);
  const rdata = Buffer.concat([Buffer.of(flags >> 8, flags & 0xff, 3, 13), ecdh.getPublicKey().subarray(1)]);
  return { secret, rdata, tag: keyTag(rdata) };
}

/** RFC 4034 Appendix B. */
function keyTag(rdata) {
  let sum = 0;
  rdata.forEach((octet, i) => {
    sum += i % 2 === 0 ? octet << 8 : octet;
  });
  return (sum + (sum >> 16)) & 0xffff;
}

function wireName(origin) {
  const labels = origin.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])), Buffer.of(0)]);
}

/** The DS record of a zone's KSK, SHA-256 (RFC 4509); with `wrong` the digest fits no key. */
export function dsRecord(origin, wrong = false) {
  const { rdata, tag } = keyPair(origin, KSK);
  const digest = createHash('sha256')
    .update(wireName(origin))
    .update(rdata)
    .update(wrong ? 'wrong' : '')
    .digest('hex');
  return `${origin} 86400 IN DS ${tag} 13 2 ${digest}`;
}

/** Writes KSK and ZSK; returns their base names, as ldns-signzone takes them. */
export function writeKeys(origin, folder) {
  return [KSK, ZSK].map((flags) => {
    const { secret, rdata, tag } = keyPair(origin, flags);
    const base = join(folder, `K${origin}+013+${String(tag).padStart(5, '0')}`);
    writeFileSync(`${base}.key`, `${origin} 86400 IN DNSKEY ${flags} 3 13 ${rdata.subarray(4).toString('base64')}\n`);
    writeFileSync(
      `${base}.private`,
      `Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: ${secret.toString('base64')}\n`,
    );
    return base;
  });
}
