/** A validator over the healthy internet, and RRsets and denials of it, right and spoilt. */

import { expect } from 'vitest';
import type { Limit } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import type { TraceEvent } from '../../src/base/trace.ts';
import type { ValidatorDeps } from '../../src/validator/looked-up.ts';
import { Validator } from '../../src/validator/validate.ts';
import { flip } from '../scenario/world.ts';
import { typeNumber } from '../vectors/read-records.ts';
import type { SignOptions } from '../vectors/signed-zone.ts';
import { setUp, truth, work, world } from './walk.ts';

export const secureZone = world.zone('secure.test.');
const walkedTo = (zone: string) => parseName(zone);
/** A name, whatever octets hold it. */
export const named = (text: string) => expect.objectContaining({ key: parseName(text).key });
export const SECURE = { state: 'secure' };

export function setUpValidator(more: Partial<ValidatorDeps> = {}) {
  const walk = setUp(more);
  const validator = new Validator(walk.chain);
  const reported: Limit[] = [];
  const events: TraceEvent[] = [];
  const own = { ...work, report: (limit: Limit) => reported.push(limit), trace: (event: TraceEvent) => events.push(event) };
  return {
    ...walk,
    reported,
    events,
    judge: (given: RRset, walked: string, authority: readonly RRset[] = []) =>
      validator.judgeRRset(given, walkedTo(walked), authority, own),
    judgeDname: (dname: RRset, name: string, walked: string) => validator.judgeDname(dname, parseName(name), walkedTo(walked), [], own),
    judgeDenial: (kind: 'nodata' | 'nxdomain', name: string, type: string, walked: string, authority: readonly RRset[]) =>
      validator.judgeDenial(kind, parseName(name), typeNumber(type), walkedTo(walked), authority, own),
  };
}

/** What a server answers: the RRset, and the NSEC or NSEC3 beside it. */
export function answer(name: string, type: string): { rrset: RRset; proof: readonly RRset[] } {
  const found = truth(parseName(name), typeNumber(type));
  if (found.kind !== 'rrset') throw new Error(`no ${name} ${type}`);
  return found;
}

/** The authority section of a server's denial. */
export function denial(name: string, type: string): readonly RRset[] {
  const found = truth(parseName(name), typeNumber(type));
  if (found.kind !== 'nodata' && found.kind !== 'nxdomain') throw new Error(`${name} ${type} is not denied`);
  return found.authority;
}

export const bare = (given: RRset): RRset => ({ ...given, signatures: [] });
export const spoil = (given: RRset): RRset => ({ ...given, signatures: given.signatures.map(flip) });
export const again = (given: RRset, options: SignOptions, zone = secureZone): RRset => zone.signed.sign(bare(given), options);
/** More signatures that do not verify than are tried. */
export const overspent = (given: RRset): RRset =>
  Array.from({ length: 9 }).reduce((signed: RRset) => secureZone.signed.sign(signed, { corrupt: true }), bare(given));
export const limitSpent = { state: 'indeterminate', reason: 'limit-spent' };
