/** The healthy internet that most scenarios start from: three levels, all ways of denial, all kinds of delegation. */

import { makeWorld, type World } from './world.ts';
import type { ZoneText } from './zone.ts';

export const ROOT_AT = ['192.0.2.1', '192.0.2.2'];
export const TEST_AT = ['192.0.2.11', '192.0.2.12'];
export const LEAF_AT = ['192.0.2.21', '192.0.2.22'];

const leaf = (apex: string): readonly string[] => [
  'www A 10.0.0.1',
  'www TXT hello',
  '*.wild A 10.0.0.2',
  '*.wilder.wild TXT deep',
  'host.ent A 10.0.0.3',
  `alias CNAME www.${apex}`,
  `two CNAME alias.${apex}`,
  `tonone CNAME none.${apex}`,
  `tonodata CNAME host.ent.${apex}`,
  `*.walias CNAME www.${apex}`,
  `old DNAME ent.${apex}`,
  `cross CNAME www.plain.test.`,
  `tobogus CNAME www.bogus.test.`,
  `tonsec3 CNAME www.three.test.`,
  `moved DNAME plain.test.`,
  `broken DNAME bogus.test.`,
  `there DNAME three.test.`,
];

export const healthyZones: readonly ZoneText[] = [
  { apex: '.', at: ROOT_AT },
  { apex: 'test.', at: TEST_AT },
  { apex: 'secure.test.', at: LEAF_AT, records: leaf('secure.test.') },
  { apex: 'three.test.', at: LEAF_AT, records: leaf('three.test.'), signing: 'nsec3' },
  { apex: 'plain.test.', at: LEAF_AT, records: [...leaf('plain.test.'), 'back CNAME www.secure.test.'], signing: 'unsigned' },
  { apex: 'bogus.test.', at: LEAF_AT, records: leaf('bogus.test.'), ds: [`1 13 2 ${'00'.repeat(32)}`] },
  { apex: 'island.test.', at: LEAF_AT, records: leaf('island.test.'), ds: 'none' },
  { apex: 'opt.', at: ['192.0.2.13'], signing: 'opt-out', records: ['www A 10.0.0.9'] },
  { apex: 'plain.opt.', at: LEAF_AT, records: leaf('plain.opt.'), signing: 'unsigned' },
  { apex: 'secure.opt.', at: LEAF_AT, records: leaf('secure.opt.') },
  { apex: 'hashed.', at: ['192.0.2.14'], signing: 'nsec3' },
  { apex: 'plain.hashed.', at: LEAF_AT, records: leaf('plain.hashed.'), signing: 'unsigned' },
  { apex: 'deep.plain.test.', at: LEAF_AT, records: ['www A 10.0.0.4'] },
];

export function healthyWorld(): World {
  return makeWorld(healthyZones);
}
