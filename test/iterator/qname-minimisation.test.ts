/** How much of a name each zone is asked for (RFC 9156 §2.3). */

import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { minimise } from '../../src/iterator/qname-minimisation.ts';
import { textOf } from '../scenario/rrset.ts';

function next(name: string, knownLabels: number, asked: number, qtype: number = Type.TXT): string {
  const question = { qname: parseName(name), qtype, qclass: 1 };
  const step = minimise(question, knownLabels, asked);
  return step === question ? 'in full' : `${textOf(step.qname)} ${step.qtype === Type.A ? 'A' : step.qtype}`;
}

test.each([
  ['one label under the root', 'a.b.c.', 0, 0, 'c. A'],
  ['one label more for the zone below', 'a.b.c.', 1, 1, 'b.c. A'],
  ['the last label is asked in full', 'a.b.c.', 2, 2, 'in full'],
  ['a name right below the zone', 'c.', 0, 0, 'in full'],
  ['the zone itself', 'c.', 1, 0, 'in full'],
  ['the root', '.', 0, 0, 'in full'],
  ['one label at a time for the first four', '9.8.7.6.5.4.3.2.1.0.a.', 3, 3, '2.1.0.a. A'],
  ['then larger steps', '19.18.17.16.15.14.13.12.11.10.9.8.7.6.5.4.3.2.1.0.', 4, 4, '6.5.4.3.2.1.0. A'],
  ['after ten questions in full', 'x.9.8.7.6.5.4.3.2.1.0.', 3, 10, 'in full'],
  ['names above an underscore are asked for', '_25._tcp.mx.test.', 1, 1, 'mx.test. A'],
  ['one that begins with an underscore is not', '_25._tcp.mx.test.', 2, 2, 'in full'],
  ['an underscore within a label does not', 'a.b_c.test.', 1, 1, 'b_c.test. A'],
])('%s', (_title, name, knownLabels, asked, want) => {
  expect(next(name, knownLabels, asked)).toBe(want);
});

test.each([
  ['below the zone', 'b.c.', 1, 1, 'b.c. A'],
  ['behind an underscore', '_25._tcp.c.', 1, 1, '_25._tcp.c. A'],
  ['after ten questions', 'x.9.8.7.6.5.4.3.2.1.0.', 3, 10, 'x.9.8.7.6.5.4.3.2.1.0. A'],
  ['of a name known to be inside the zone', 'b.c.', 2, 2, 'in full'],
])('NSEC, which the parent has too at a cut, %s', (_title, name, knownLabels, asked, want) => {
  expect(next(name, knownLabels, asked, Type.NSEC)).toBe(want);
});

test('a name of 127 labels costs ten questions besides its own', () => {
  const name = `${'a.'.repeat(127)}`;
  let known = 0;
  let asked = 0;
  for (; asked < 200; asked++) {
    const text = next(name, known, asked);
    if (text === 'in full') break;
    known = parseName(text.split(' ')[0] as string).labels;
  }
  expect(asked).toBeLessThanOrEqual(10);
  expect(known).toBeGreaterThan(100);
});

test('the class goes along, the type does not', () => {
  expect(minimise({ qname: parseName('a.b.'), qtype: Type.MX, qclass: 3 }, 0, 0)).toMatchObject({ qtype: Type.A, qclass: 3 });
});
