// The questions of differential.mjs and behind.mjs, made from the rows of zones.mjs: each name there is, and names that are not.
import { at, recordsOf, zones } from './zones.mjs';

export const typeNumbers = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, DNAME: 39, DS: 43, NSEC: 47 };
Object.assign(typeNumbers, { DNSKEY: 48, TLSA: 52, CDS: 59, HTTPS: 65, CAA: 257, TYPE65280: 65_280 });

/** DO, CD and AD in all mixtures. */
export const flagMixtures = [[], ['AD'], ['CD'], ['CD', 'AD'], ['DO'], ['DO', 'AD'], ['DO', 'CD'], ['DO', 'CD', 'AD']];

/** Types by turns, so that each is asked of many names. */
const turns = ['AAAA', 'MX', 'TXT', 'TLSA', 'DS', 'CNAME', 'NSEC', 'NS', 'SOA', 'DNSKEY', 'CAA'];
const apexTypes = ['SOA', 'NS', 'DNSKEY', 'DS', 'MX', 'A', 'TXT', 'NSEC'];
/** Owner and type: empty non-terminals, wildcards, what is not there, what is below what is there. */
const around = [
  ['ent', 'A'],
  ['wild', 'TXT'],
  ['host.wild', 'A'],
  ['host.wild', 'TXT'],
  ['a.b.wild', 'A'],
  ['*.wild', 'A'],
  ['missing', 'A'],
  ['x.y.missing', 'TLSA'],
  ['below.www', 'AAAA'],
  ['*', 'MX'],
];

/** A zone nobody answers for: each question takes as long as each program's patience. */
export const isSlow = (zone) => zone.slow || zone.notServed;

function pairsOf(zone, index) {
  if (isSlow(zone)) return [['www', 'A']];
  const records = recordsOf(zone).map(([owner, type]) => [owner, type]);
  const owners = [...new Set(records.map(([owner]) => owner))];
  return [
    ...apexTypes.map((type) => ['@', type]),
    ...records.filter(([, type]) => typeNumbers[type] !== undefined),
    ...owners.map((owner, turn) => [owner, turns[(index + turn) % turns.length]]),
    ...around,
  ];
}

/** @returns {{ zone: object, owner: string, type: string, typeNumber: number }[]} no two alike; CASES as in cases.mjs */
export function makeQuestions() {
  const seen = new Map();
  zones.forEach((zone, index) => {
    for (const [owner, type] of pairsOf(zone, index)) {
      const question = { zone, owner: at(owner, zone), type, typeNumber: typeNumbers[type] };
      seen.set(`${question.owner.toLowerCase()} ${type}`, question);
    }
  });
  const only = new RegExp(process.env.CASES ?? '');
  const all = [...seen.values()].filter(({ owner }) => only.test(owner));
  // What takes long first, so that the rest is asked meanwhile.
  return [...all.filter(({ zone }) => isSlow(zone)), ...all.filter(({ zone }) => !isSlow(zone))];
}
