/** A scenario as a row: what a healthy internet says, and the same with one part missing or wrong. Tools to take parts away. */

import { parseName } from '../../../src/base/name.ts';
import type { RRset } from '../../../src/base/record.ts';
import { Type } from '../../../src/base/registry.ts';
import type { ResolverSettings } from '../../../src/resolver/settings.ts';
import { typeNumber } from '../../vectors/read-records.ts';
import { healthyWorld } from '../healthy.ts';
import { type Behaviour, type Bench, dataOf, flip, rewrite, said, type World } from '../world.ts';

/** How the internet of a row differs from the healthy one. */
export interface Setting {
  readonly world?: World;
  readonly behaviours?: readonly Behaviour[];
  readonly settings?: Partial<ResolverSettings>;
}

export interface Row extends Setting {
  readonly title: string;
  /** What is asked, or what is done with the bench; it ends with what was said. */
  readonly ask: readonly [name: string, type?: string] | ((bench: Bench) => Promise<string>);
  readonly want: string;
  /** What must be true of the bench after the healthy run, and after each of `stays`. */
  readonly also?: (bench: Bench) => void;
  /** One part missing or wrong, and what is said then: never what the healthy one says. */
  readonly breaks: Readonly<Record<string, Setting & { readonly want: string }>>;
  /** Changes that a resolver must see through: the verdict and the data stay. */
  readonly stays?: Readonly<Record<string, Setting>>;
}

/** The internet of rows that tell of none. */
export const healthy = healthyWorld();

/** Plays a row: what was said, and the data where one question was asked. */
export async function play({ ask }: Row, bench: Bench): Promise<{ says: string; data: readonly string[] }> {
  if (typeof ask === 'function') return { says: await ask(bench), data: [] };
  const result = await bench.ask(...ask);
  return { says: said(result), data: dataOf(result) };
}

type Change = (rrset: RRset) => RRset | undefined;

export const missing: Change = () => undefined;
export const withoutSignatures: Change = (rrset) => ({ ...rrset, signatures: [] });
export const badlySigned: Change = (rrset) => ({ ...rrset, signatures: rrset.signatures.map(flip) });
export const otherData: Change = (rrset) => ({ ...rrset, rdata: rrset.rdata.map(flip) });

/** Changes an RRset wherever it is sent. */
export function change(owner: string, type: string, how: Change): Behaviour {
  const { key } = parseName(owner);
  const number = typeNumber(type);
  return rewrite((rrset) => (rrset.type === number && rrset.owner.key === key ? how(rrset) : rrset));
}

/** The same for one that is at hand, an NSEC3 RRset for example. */
export function changeOf(part: RRset, how: Change): Behaviour {
  return rewrite((rrset) => (rrset.type === part.type && rrset.owner.key === part.owner.key ? how(rrset) : rrset));
}

/** Sends another denial in place of all NSEC and NSEC3 that a response has. */
export function denyBy(...proof: readonly RRset[]): Behaviour {
  const isDenial = ({ type }: RRset) => type === Type.NSEC || type === Type.NSEC3;
  return (reply) => {
    const rest = reply.authority.filter((rrset) => !isDenial(rrset));
    return rest.length === reply.authority.length ? undefined : { ...reply, authority: [...rest, ...proof] };
  };
}

/** A part that must be there, lest a row tests less than it says. */
export function part(proof: readonly RRset[], index: number, of: number): RRset {
  const found = proof[index];
  if (proof.length !== of || !found) throw new Error(`a proof of ${proof.length} records, not ${of}`);
  return found;
}
