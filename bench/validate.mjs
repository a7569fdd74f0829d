/** What one signature costs to check, by algorithm, with each engine: node:crypto, keys imported once, and @noble/curves. */

import { constants, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { join } from 'node:path';
import { formatSummary, interleave, printTable, summarise } from './lib/report.mjs';

/** What an RRSIG over a short RRset signs: its RDATA without the signature, and the records. */
const SIGNED_OCTETS = 120;
const MS_A_ROUND = 150;

const ec = (namedCurve, hash) => ({ type: 'ec', options: { namedCurve }, hash, parts: ['x', 'y'], dsaEncoding: 'ieee-p1363' });
const rsa = (modulusLength, hash) => ({ type: 'rsa', options: { modulusLength }, hash, padding: constants.RSA_PKCS1_PADDING });
const algorithms = [
  { number: 5, title: 'RSA/SHA-1, 2048 bits', ...rsa(2048, 'sha1') },
  { number: 7, title: 'RSA/SHA-1 NSEC3, 2048 bits', ...rsa(2048, 'sha1') },
  { number: 8, title: 'RSA/SHA-256, 1024 bits', ...rsa(1024, 'sha256') },
  { number: 8, title: 'RSA/SHA-256, 2048 bits', ...rsa(2048, 'sha256') },
  { number: 10, title: 'RSA/SHA-512, 2048 bits', ...rsa(2048, 'sha512') },
  { number: 13, title: 'ECDSA P-256/SHA-256', ...ec('P-256', 'sha256') },
  { number: 14, title: 'ECDSA P-384/SHA-384', ...ec('P-384', 'sha384') },
  { number: 15, title: 'Ed25519', type: 'ed25519', hash: null, parts: ['x'] },
  { number: 16, title: 'Ed448', type: 'ed448', hash: null, parts: ['x'] },
];

/** The public key field of DNSKEY (RFC 3110 §2, RFC 6605 §4, RFC 8080 §3) of a key by node:crypto. */
function publicKeyField(publicKey, parts) {
  const jwk = publicKey.export({ format: 'jwk' });
  const octets = (part) => Buffer.from(jwk[part], 'base64url');
  if (parts) return Buffer.concat(parts.map(octets));
  const exponent = octets('e');
  return Buffer.concat([Buffer.of(exponent.length), exponent, octets('n')]);
}

function makeCase({ number, title, type, options, hash, parts, ...how }) {
  const { publicKey, privateKey } = generateKeyPairSync(type, options);
  const data = randomBytes(SIGNED_OCTETS);
  const signature = sign(hash, data, { key: privateKey, ...how });
  return { number, title, key: publicKeyField(publicKey, parts), data, signature };
}

/** Microseconds a check, over a bounded time. */
function time(verifier, { number, key, data, signature }) {
  let checks = 0;
  const start = performance.now();
  let spent = 0;
  for (; spent < MS_A_ROUND; checks++) {
    if (verifier.verifySignature(number, key, signature, data) !== 'valid')
      throw new Error(`algorithm ${number}: a good signature is not valid`);
    spent = performance.now() - start;
  }
  return (spent * 1000) / checks;
}

export async function run({ dist, options }) {
  const { createVerifier } = await import(join(dist, 'crypto', 'verifier.js'));
  const engines = { node: createVerifier({ engine: 'node' }), noble: createVerifier({ engine: 'noble' }) };
  const figures = [];
  for (const algorithm of algorithms) {
    const one = makeCase(algorithm);
    const wrong = Buffer.from(one.signature);
    wrong[wrong.length >> 1] ^= 1;
    // A check that says valid to all would be the fastest.
    for (const engine of Object.values(engines))
      if (engine.verifySignature(one.number, one.key, wrong, one.data) === 'valid')
        throw new Error(`algorithm ${one.number}: a broken signature is valid`);
    const able = Object.keys(engines).filter((engine) => engine === 'node' || algorithm.type !== 'rsa');
    for (const engine of able) time(engines[engine], one); // for the compilers
    const rounds = await interleave(options.rounds, able, (engine) => time(engines[engine], one));
    figures.push({
      algorithm: one.number,
      title: one.title,
      ...Object.fromEntries(able.map((engine, i) => [engine, summarise(rounds[i])])),
    });
  }
  printTable([
    ['algorithm', '', 'node:crypto, us', '@noble/curves, us', 'noble / node'],
    ...figures.map(({ algorithm, title, node, noble }) => [
      algorithm,
      title,
      formatSummary(node),
      noble ? formatSummary(noble) : 'has no RSA',
      noble ? (noble.median / node.median).toFixed(1) : '-',
    ]),
  ]);
  return { figures };
}
