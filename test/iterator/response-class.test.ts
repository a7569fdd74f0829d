/** What a response says (RFC 1034 §4.3.1, RFC 2308 §2), and that nothing outside the zone asked is believed. */

import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { Message, RRset } from '../../src/base/record.ts';
import { classifyResponse, type ResponseClass } from '../../src/iterator/response-class.ts';
import { rrset, textAt } from '../scenario/rrset.ts';
import { typeNumber } from '../vectors/read-records.ts';

interface Said {
  readonly rcode?: number;
  readonly aa?: boolean;
  readonly ra?: boolean;
  readonly answer?: readonly RRset[];
  readonly authority?: readonly RRset[];
  readonly additional?: readonly RRset[];
}

function message({ rcode = 0, aa = true, ra = false, answer = [], authority = [], additional = [] }: Said): Message {
  const flags = {
    response: true,
    authoritative: aa,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: ra,
    authenticData: false,
    checkingDisabled: false,
  };
  return { id: 1, opcode: 0, rcode, flags, question: [], answer, authority, additional, edns: undefined };
}

function classify(said: Said, qname = 'www.example.', qtype = 'A', zone = 'example.', recursive = false): ResponseClass {
  return classifyResponse(message(said), { qname: parseName(qname), qtype: typeNumber(qtype), qclass: 1 }, parseName(zone), recursive);
}

const soa = rrset('example.', 'SOA', ['ns.example. host.example. 1 2 3 4 5']);
const nsec = rrset('www.example.', 'NSEC', ['example. A']);
const a = rrset('www.example.', 'A', ['192.0.2.1']);
const www = rrset('www.example.', 'CNAME', ['a.example.']);
const aAddress = rrset('a.example.', 'A', ['192.0.2.2']);
const out = rrset('www.example.', 'CNAME', ['www.elsewhere.']);
const outAddress = rrset('www.elsewhere.', 'A', ['192.0.2.66']);
const nsBelow = rrset('sub.example.', 'NS', ['ns.sub.example.']);
const nsSelf = rrset('example.', 'NS', ['ns.example.']);
const nsAbove = rrset('.', 'NS', ['ns.root.']);
const dsBelow = rrset('sub.example.', 'DS', ['1 13 2 00']);
const dname = rrset('old.example.', 'DNAME', ['new.example.']);

test.each<[string, Said, string, string, object]>([
  ['the type asked', { answer: [a] }, 'www.example.', 'A', { kind: 'data', aliases: [], rrsets: [a] }],
  ['ANY takes all at the name', { answer: [a, nsec] }, 'www.example.', 'ANY', { kind: 'data', rrsets: [a, nsec] }],
  ['stray answers at other names are left out', { answer: [aAddress, a] }, 'www.example.', 'A', { kind: 'data', rrsets: [a] }],
  ['stray answers of other types alone are no data', { answer: [aAddress] }, 'www.example.', 'A', { kind: 'denied', denial: 'nodata' }],
  ['answers out of the zone are no data', { answer: [outAddress] }, 'www.elsewhere.', 'A', { kind: 'denied', denial: 'nodata' }],
  ['a class that was not asked', { answer: [{ ...a, class: 3 }] }, 'www.example.', 'A', { kind: 'denied', denial: 'nodata' }],
  ['NSEC stays with data, NS and SOA do not', { answer: [a], authority: [nsec, nsSelf, soa] }, 'www.example.', 'A', { authority: [nsec] }],
  ['NODATA', { authority: [soa, nsec, nsSelf] }, 'www.example.', 'MX', { kind: 'denied', denial: 'nodata', authority: [soa, nsec] }],
  ['NODATA without SOA, with authority', {}, 'www.example.', 'MX', { kind: 'denied', denial: 'nodata', authority: [] }],
  ['NXDOMAIN', { rcode: 3, authority: [soa, nsec] }, 'www.example.', 'A', { kind: 'denied', denial: 'nxdomain', authority: [soa, nsec] }],
  [
    'a SOA of another zone is no denial of ours',
    { rcode: 3, authority: [{ ...soa, owner: parseName('other.example.') }] },
    'www.example.',
    'A',
    { kind: 'denied', authority: [] },
  ],
  ['a SOA from above the zone', { rcode: 3, authority: [{ ...soa, owner: parseName('.') }] }, 'www.example.', 'A', { authority: [] }],
  [
    'NXDOMAIN behind an alias within the zone',
    { rcode: 3, answer: [www], authority: [soa] },
    'www.example.',
    'A',
    { kind: 'denied', denial: 'nxdomain', aliases: [{ cname: www }] },
  ],
  [
    'NXDOMAIN behind an alias out of the zone says nothing of its target',
    { rcode: 3, answer: [out], authority: [soa] },
    'www.example.',
    'A',
    { kind: 'data', aliases: [{ cname: out }], rrsets: [] },
  ],
  [
    'data behind an alias',
    { answer: [www, aAddress] },
    'www.example.',
    'A',
    { kind: 'data', aliases: [{ cname: www }], rrsets: [aAddress] },
  ],
  ['in any order', { answer: [aAddress, www] }, 'www.example.', 'A', { kind: 'data', aliases: [{ cname: www }], rrsets: [aAddress] }],
  [
    'NODATA behind an alias',
    { answer: [www], authority: [soa] },
    'www.example.',
    'A',
    { kind: 'denied', denial: 'nodata', aliases: [{ cname: www }] },
  ],
  ['an alias alone', { answer: [www] }, 'www.example.', 'A', { kind: 'data', aliases: [{ cname: www }], rrsets: [] }],
  [
    'what stands behind an alias out of the zone is dropped',
    { answer: [out, outAddress] },
    'www.example.',
    'A',
    { kind: 'data', aliases: [{ cname: out }], rrsets: [] },
  ],
  [
    'the alias itself, where it was asked for',
    { answer: [www, aAddress] },
    'www.example.',
    'CNAME',
    { kind: 'data', aliases: [], rrsets: [www] },
  ],
  [
    'an alias of two records is none',
    { answer: [rrset('www.example.', 'CNAME', ['a.example.', 'b.example.'])] },
    'www.example.',
    'A',
    { kind: 'denied', denial: 'nodata' },
  ],
  [
    'an alias with broken RDATA is none',
    { answer: [{ ...www, rdata: [Uint8Array.of(9)] }] },
    'www.example.',
    'A',
    { kind: 'denied', denial: 'nodata' },
  ],
  ['data before an alias at the same name', { answer: [www, a] }, 'www.example.', 'A', { kind: 'data', aliases: [], rrsets: [a] }],
  [
    'a referral',
    { aa: false, authority: [nsBelow, dsBelow] },
    'www.sub.example.',
    'A',
    { kind: 'referral', ns: nsBelow, authority: [nsBelow, dsBelow] },
  ],
  ['a referral for the cut itself', { aa: false, authority: [nsBelow] }, 'sub.example.', 'A', { kind: 'referral', ns: nsBelow }],
  ['a referral with AA', { authority: [nsBelow] }, 'www.sub.example.', 'A', { kind: 'referral', ns: nsBelow }],
  ['a referral away from the name is none', { aa: false, authority: [nsBelow] }, 'www.example.', 'A', { kind: 'lame' }],
  ['a referral in the answer section', { aa: false, answer: [nsBelow] }, 'sub.example.', 'NS', { kind: 'referral', ns: nsBelow }],
  ['NS of a zone with AA is data', { answer: [nsBelow] }, 'sub.example.', 'NS', { kind: 'data', rrsets: [nsBelow] }],
  ['NS of the zone itself is data', { aa: false, answer: [nsSelf] }, 'example.', 'NS', { kind: 'data', rrsets: [nsSelf] }],
  ['a referral to the zone itself', { aa: false, authority: [nsSelf] }, 'www.example.', 'A', { kind: 'lame' }],
  ['a referral upwards', { aa: false, authority: [nsAbove] }, 'www.example.', 'A', { kind: 'lame' }],
  ['nothing, without authority', { aa: false }, 'www.example.', 'A', { kind: 'lame' }],
  ['DS denied by the child', { authority: [{ ...soa, owner: parseName('sub.example.') }] }, 'sub.example.', 'DS', { kind: 'lame' }],
  ['DS denied by the parent', { authority: [soa, nsec] }, 'sub.example.', 'DS', { kind: 'denied', denial: 'nodata' }],
  [
    'DS in a referral to the zone asked about',
    { aa: false, authority: [nsBelow, dsBelow] },
    'sub.example.',
    'DS',
    { kind: 'data', rrsets: [dsBelow] },
  ],
  [
    'its denial in a referral to the zone asked about',
    { aa: false, authority: [nsBelow, nsec] },
    'sub.example.',
    'DS',
    { kind: 'denied', denial: 'nodata', authority: [nsec] },
  ],
  ['DS far below: a referral', { aa: false, authority: [nsBelow] }, 'a.sub.example.', 'DS', { kind: 'referral' }],
  ['SERVFAIL', { rcode: 2 }, 'www.example.', 'A', { kind: 'failing', rcode: 2 }],
  ['REFUSED', { rcode: 5, answer: [a] }, 'www.example.', 'A', { kind: 'failing', rcode: 5 }],
  ['FORMERR', { rcode: 1 }, 'www.example.', 'A', { kind: 'failing', rcode: 1 }],
  ['an RCODE of EDNS', { rcode: 23 }, 'www.example.', 'A', { kind: 'failing', rcode: 23 }],
  ['a resolver with data', { aa: false, ra: true, answer: [a] }, 'www.example.', 'A', { kind: 'recursive' }],
  ['a resolver with a denial', { aa: false, ra: true, authority: [soa] }, 'www.example.', 'A', { kind: 'recursive' }],
  ['a resolver with NXDOMAIN', { rcode: 3, aa: false, ra: true, authority: [soa] }, 'www.example.', 'A', { kind: 'recursive' }],
  ['a resolver with nothing', { aa: false, ra: true }, 'www.example.', 'A', { kind: 'recursive' }],
  ['a resolver that sends the way up', { aa: false, ra: true, authority: [nsSelf] }, 'www.example.', 'A', { kind: 'recursive' }],
  ['RA beside AA is an authority', { aa: true, ra: true, answer: [a] }, 'www.example.', 'A', { kind: 'data' }],
  [
    'DNAME with its CNAME',
    { answer: [dname, rrset('x.old.example.', 'CNAME', ['x.new.example.'])] },
    'x.old.example.',
    'A',
    { kind: 'data', aliases: [{ dname }], rrsets: [] },
  ],
  ['DNAME without its CNAME', { answer: [dname] }, 'x.old.example.', 'A', { kind: 'data', aliases: [{ dname }], rrsets: [] }],
  ['DNAME does not redirect its own name', { answer: [dname] }, 'old.example.', 'A', { kind: 'denied', denial: 'nodata' }],
  ['DNAME asked for', { answer: [dname] }, 'old.example.', 'DNAME', { kind: 'data', aliases: [], rrsets: [dname] }],
  ['YXDOMAIN without a DNAME', { rcode: 6 }, 'www.example.', 'A', { kind: 'failing', rcode: 6 }],
  ['YXDOMAIN though the name would fit', { rcode: 6, answer: [dname] }, 'x.old.example.', 'A', { kind: 'failing', rcode: 6 }],
])('%s', (_title, said, qname, qtype, want) => {
  expect(classify(said, qname, qtype)).toMatchObject(want);
});

test('a CNAME beside a DNAME is read from the DNAME, which is signed', () => {
  const lie = rrset('x.old.example.', 'CNAME', ['x.lie.example.']);
  const result = classify({ answer: [lie, dname, rrset('x.lie.example.', 'A', ['192.0.2.66'])] }, 'x.old.example.');
  expect(result).toMatchObject({ kind: 'data', rrsets: [] });
  expect(result.kind === 'data' && result.aliases.map(({ cname }) => textAt(cname))).toEqual(['x.new.example.']);
});

test('the closest DNAME counts, as an authoritative server reads it', () => {
  const above = rrset('example.', 'DNAME', ['elsewhere.']);
  const result = classify({ answer: [above] }, 'x.old.example.');
  expect(result.kind === 'data' && result.aliases[0]?.target.key).toBe(parseName('x.old.elsewhere.').key);
});

test('aliases in a circle end, and so does a chain of any length', () => {
  const circle = [rrset('www.example.', 'CNAME', ['a.example.']), rrset('a.example.', 'CNAME', ['www.example.'])];
  expect(classify({ answer: circle })).toMatchObject({ kind: 'data', rrsets: [] });
  const chain = Array.from({ length: 40 }, (_, i) => rrset(i === 0 ? 'www.example.' : `c${i}.example.`, 'CNAME', [`c${i + 1}.example.`]));
  const result = classify({ answer: chain });
  expect(result.kind === 'data' && result.aliases.length).toBe(11);
});

test('a DNAME that would make the name too long is a failure, whatever the RCODE says (RFC 6672 §2.2)', () => {
  const qname = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.old.example.`;
  const longTarget = rrset('old.example.', 'DNAME', [`${'d'.repeat(63)}.example.`]);
  for (const rcode of [0, 6]) expect(classify({ rcode, answer: [longTarget] }, qname)).toEqual({ kind: 'failing', rcode: 6 });
});

test('the CNAME that a DNAME makes is an alias for whoever asks for CNAME too', () => {
  const synthesised = rrset('x.old.example.', 'CNAME', ['x.new.example.']);
  const result = classify({ answer: [dname, synthesised] }, 'x.old.example.', 'CNAME');
  expect(result).toMatchObject({ kind: 'data', aliases: [{ dname }], rrsets: [] });
});

test('the case that was mixed into QNAME is undone in owners at and above it', () => {
  const result = classify({ answer: [{ ...a, owner: parseName('wWw.eXample.') }], authority: [] });
  expect(result.kind === 'data' && Buffer.from(result.rrsets[0]?.owner.wire ?? []).toString('latin1')).toBe('\x03www\x07example\x00');
});

test('a recursive server that we asked to recurse may answer without authority', () => {
  expect(classify({ aa: false, ra: true, answer: [a] }, 'www.example.', 'A', '.', true)).toMatchObject({ kind: 'data', rrsets: [a] });
  expect(classify({ aa: false, ra: true }, 'www.example.', 'A', '.', true)).toMatchObject({ kind: 'denied', denial: 'nodata' });
  expect(classify({ aa: false, ra: true, authority: [soa] }, 'www.example.', 'A', '.', true)).toMatchObject({ kind: 'denied' });
});
