/**
 * Every response of a resolution with one part of it missing or changed, at all servers alike: what was secure may become bogus or
 * indeterminate, never insecure, and secure only with the same data; what was insecure never becomes secure.
 */

import { describe, expect, test } from 'vitest';
import type { RRset } from '../../src/base/record.ts';
import { formatType } from '../../src/base/registry.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import type { Reply } from './authority.ts';
import { healthyWorld } from './healthy.ts';
import { textOf } from './rrset.ts';
import { type Behaviour, dataOf, flip, makeBench, on, said, servfail, silent, stateOf } from './world.ts';

const world = healthyWorld();

const asked = [
  ['www.secure.test.', 'A'],
  ['www.secure.test.', 'MX'],
  ['ent.secure.test.', 'A'],
  ['none.secure.test.', 'A'],
  ['x.wild.secure.test.', 'A'],
  ['x.wild.secure.test.', 'MX'],
  ['two.secure.test.', 'A'],
  ['tonone.secure.test.', 'A'],
  ['x.walias.secure.test.', 'A'],
  ['host.old.secure.test.', 'A'],
  ['tonsec3.secure.test.', 'A'],
  ['www.there.secure.test.', 'A'],
  ['cross.secure.test.', 'A'],
  ['tobogus.secure.test.', 'A'],
  ['www.three.test.', 'A'],
  ['www.three.test.', 'MX'],
  ['ent.three.test.', 'A'],
  ['none.three.test.', 'A'],
  ['a.b.three.test.', 'A'],
  ['x.wild.three.test.', 'A'],
  ['x.wild.three.test.', 'MX'],
  ['x.walias.three.test.', 'A'],
  ['www.plain.test.', 'A'],
  ['none.plain.test.', 'A'],
  ['www.deep.plain.test.', 'A'],
  ['www.plain.hashed.', 'A'],
  ['www.plain.opt.', 'A'],
  ['none.opt.', 'A'],
  ['www.secure.opt.', 'A'],
  ['secure.test.', 'DS'],
  ['plain.test.', 'DS'],
  ['plain.hashed.', 'DS'],
  ['plain.opt.', 'DS'],
  ['secure.test.', 'DNSKEY'],
  ['none.', 'A'],
] as const;

interface Part {
  readonly title: string;
  readonly name: string;
  readonly type: string;
  readonly section: 'answer' | 'authority';
  readonly key: string;
}

const keyOf = ({ owner, type }: RRset) => `${type}/${owner.key}`;

/** Every RRset in every response that this resolution had. */
async function partsOf(name: string, type: string): Promise<{ parts: Part[]; healthy: Resolution }> {
  const parts = new Map<string, Part>();
  const listen: Behaviour = (reply, { question }) => {
    for (const section of ['answer', 'authority'] as const) {
      for (const rrset of reply[section]) {
        const where = { name: textOf(question.qname), type: formatType(question.qtype), section, key: keyOf(rrset) };
        const title = `${textOf(rrset.owner)} ${formatType(rrset.type)} in the ${section} of ${where.name} ${where.type}`;
        parts.set(title, { title, ...where });
      }
    }
    return undefined;
  };
  const bench = makeBench(world, { behaviours: [listen] });
  return { healthy: await bench.ask(name, type), parts: [...parts.values()] };
}

const changes: Readonly<Record<string, (rrset: RRset) => RRset | undefined>> = {
  missing: () => undefined,
  'without signatures': (rrset) => ({ ...rrset, signatures: [] }),
  'with a signature that does not verify': (rrset) => ({ ...rrset, signatures: rrset.signatures.map(flip) }),
  'with other data': (rrset) => ({ ...rrset, rdata: rrset.rdata.map(flip) }),
  'with one record more': (rrset) => ({ ...rrset, rdata: [...rrset.rdata, ...rrset.rdata.map(flip)] }),
};

function changed(part: Part, change: (rrset: RRset) => RRset | undefined): Behaviour {
  const over = (section: readonly RRset[]) => section.map((rrset) => (keyOf(rrset) === part.key ? change(rrset) : rrset));
  return on(part.name, part.type, (reply): Reply => ({ ...reply, [part.section]: over(reply[part.section]).filter((rrset) => rrset) }));
}

describe.each(asked)('%s %s', (name, type) => {
  test.each(Object.keys(changes))('one RRset %s', async (how) => {
    const { parts, healthy } = await partsOf(name, type);
    expect(parts.length).toBeGreaterThan(3);
    let hurt = 0;
    for (const part of parts) {
      const bench = makeBench(world, { behaviours: [changed(part, changes[how] as (typeof changes)[string])] });
      const result = await bench.ask(name, type);
      if (stateOf(result) !== stateOf(healthy)) hurt++;
      const where = `${part.title} ${how}: ${said(result)}`;
      if (stateOf(healthy) === 'secure') expect(['secure', 'bogus', 'indeterminate'], where).toContain(stateOf(result));
      else expect(stateOf(result), where).not.toBe('secure');
      if (stateOf(result) === 'secure') {
        expect(result.kind, where).toBe(healthy.kind);
        expect(dataOf(result), where).toEqual(dataOf(healthy));
        expect(
          result.authority.every(({ signatures }) => signatures.length > 0),
          where,
        ).toBe(true);
      }
    }
    if (stateOf(healthy) === 'secure') expect(hurt, 'changes that mattered').toBeGreaterThan(0);
  });

  test.each([
    ['times out', silent],
    ['fails', servfail],
  ] as const)('one question that %s: never bogus, and right again once it is answered', async (_how, failing) => {
    const { healthy } = await partsOf(name, type);
    const listening = makeBench(world);
    await listening.ask(name, type);
    const questions = new Map(listening.sent.map((sent) => [`${sent.name} ${sent.type}`, sent]));
    for (const [title, sent] of questions) {
      const bench = makeBench(world, { behaviours: [on(sent.name, sent.type, failing)] });
      const result = await bench.ask(name, type);
      if (stateOf(result) !== 'indeterminate') expect(said(result), title).toBe(said(healthy));
      bench.behave();
      bench.clock.now += 130;
      expect(said(await bench.ask(name, type)), `${title}, later`).toBe(said(healthy));
    }
  });
});
