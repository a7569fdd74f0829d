/** AD, CD and DO: what a client is told of each verdict (RFC 4035 §3.2, RFC 6840 §5.7 to §5.9). */

import type { Flags } from '../../../src/base/record.ts';
import { Rcode } from '../../../src/base/registry.ts';
import { createAnswer } from '../../../src/service/answer.ts';
import { readMessage } from '../../../src/wire/read-message.ts';
import { CLIENT, queryOf } from '../../service/fake.ts';
import { typeNumber } from '../../vectors/read-records.ts';
import { LEAF_AT } from '../healthy.ts';
import { at, type Bench, silent } from '../world.ts';
import { change, denyBy, type Row, withoutSignatures } from './row.ts';

interface Asked {
  readonly ad?: boolean;
  readonly cd?: boolean;
  readonly dnssecOk?: boolean;
}

/** Asks as a client does; RCODE, flags set, and how many RRsets with signatures came in answer and authority. */
const asClient =
  (name: string, type: string, { ad = false, cd = false, dnssecOk = false }: Asked) =>
  async (bench: Bench) => {
    const answer = createAnswer({ resolver: bench.resolver, mayAsk: () => true, specialUseNames: false, clock: () => bench.clock.now });
    const flags: Partial<Flags> = { authenticData: ad, checkingDisabled: cd };
    const octets = await answer(queryOf({ name, type: typeNumber(type), flags, edns: { dnssecOk } }), CLIENT);
    if (!octets) return 'silence';
    const reply = readMessage(octets);
    const set = [reply.flags.authenticData && 'AD', reply.flags.checkingDisabled && 'CD', reply.edns?.dnssecOk && 'DO'].filter(Boolean);
    const signed = [...reply.answer, ...reply.authority].filter(({ signatures }) => signatures.length > 0).length;
    const code = Object.entries(Rcode).find(([, value]) => value === reply.rcode)?.[0];
    return [code, ...set, `${reply.answer.length} answers`, `${signed} signed`].join(' ');
  };

const unsignedWww = { behaviours: [change('www.secure.test.', 'A', withoutSignatures)] };
const dead = { behaviours: [at(LEAF_AT, silent)] };
const FAILED = 'SERVFAIL 0 answers 0 signed';

export const flags: readonly Row[] = [
  {
    title: 'a secure answer, AD asked for',
    ask: asClient('www.secure.test', 'A', { ad: true }),
    want: 'NOERROR AD 1 answers 0 signed',
    breaks: {
      'without signature': { ...unsignedWww, want: FAILED },
      'without servers': { ...dead, want: FAILED },
      'without trust anchor: data, no AD': { settings: { anchors: [] }, want: 'NOERROR 1 answers 0 signed' },
    },
  },
  {
    title: 'a secure answer, DO asked for',
    ask: asClient('www.secure.test', 'A', { dnssecOk: true }),
    want: 'NOERROR AD DO 1 answers 1 signed',
    breaks: { 'without signature': { ...unsignedWww, want: 'SERVFAIL DO 0 answers 0 signed' } },
  },
  {
    title: 'a secure answer, nothing asked for',
    ask: asClient('www.secure.test', 'A', {}),
    want: 'NOERROR 1 answers 0 signed',
    breaks: { 'without signature': { ...unsignedWww, want: FAILED } },
  },
  {
    title: 'a secure answer, CD: validated all the same',
    ask: asClient('www.secure.test', 'A', { cd: true, dnssecOk: true }),
    want: 'NOERROR AD CD DO 1 answers 1 signed',
    breaks: {
      'without signature: the data as they are, no AD': { ...unsignedWww, want: 'NOERROR CD DO 1 answers 0 signed' },
      'without servers': { ...dead, want: 'SERVFAIL CD DO 0 answers 0 signed' },
    },
  },
  {
    title: 'an insecure answer, AD and DO asked for',
    ask: asClient('www.plain.test', 'A', { ad: true, dnssecOk: true }),
    want: 'NOERROR DO 1 answers 0 signed',
    breaks: {
      'whose insecurity is not proved': {
        behaviours: [change('plain.test.', 'NSEC', () => undefined)],
        want: 'SERVFAIL DO 0 answers 0 signed',
      },
    },
  },
  {
    title: 'a secure denial, DO asked for: SOA and proofs, all signed',
    ask: asClient('none.secure.test', 'A', { dnssecOk: true }),
    want: 'NXDOMAIN AD DO 0 answers 3 signed',
    breaks: { 'without proofs': { behaviours: [denyBy()], want: 'SERVFAIL DO 0 answers 0 signed' } },
  },
  {
    title: 'a denial under opt-out: no AD',
    ask: asClient('nil.opt', 'A', { dnssecOk: true }),
    want: 'NXDOMAIN DO 0 answers 4 signed',
    breaks: { 'without proofs': { behaviours: [denyBy()], want: 'SERVFAIL DO 0 answers 0 signed' } },
  },
];
