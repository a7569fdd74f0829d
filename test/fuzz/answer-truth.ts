/** What is true of the forged-answer internet: read out of its zones by a server that has them all, without resolver and validator. */

import { isBelow, isWithin, type Name, parent, parseName, wildcardOf } from '../../src/base/name.ts';
import type { Question, RRset } from '../../src/base/record.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import type { ResolutionKind } from '../../src/resolver/resolution.ts';
import { answerFrom, type Reply } from '../scenario/authority.ts';
import { healthyZones, LEAF_AT } from '../scenario/healthy.ts';
import { textAt } from '../scenario/rrset.ts';
import { makeWorld, type World } from '../scenario/world.ts';
import type { Zone } from '../scenario/zone.ts';

export interface Truth {
  readonly kind: ResolutionKind;
  readonly answer: readonly RRset[];
  readonly mayBeSecure: boolean;
  /** The first link that is not secure is provably insecure: from there on nobody can tell. */
  readonly mayBeInsecure: boolean;
}

/** The healthy internet, more zones below its signed ones, and a zone of the forger's own that is signed and secure. */
export function makeForgersWorld(): World {
  const records = ['www A 10.0.0.1', '*.wild A 10.0.0.2', 'host.ent A 10.0.0.3'];
  return makeWorld([
    ...healthyZones,
    { apex: 'evil.test.', at: LEAF_AT, records: [...records, '* A 10.6.6.6'] },
    { apex: 'sub.secure.test.', at: LEAF_AT, records },
    { apex: 'sub.three.test.', at: LEAF_AT, records, signing: 'nsec3', iterations: 3 },
    { apex: 'plain.three.test.', at: LEAF_AT, records, signing: 'unsigned' },
    { apex: 'wide.test.', at: LEAF_AT, records, signing: 'opt-out' },
  ]);
}

type Safety = 'secure' | 'insecure' | 'bogus';

function safetyOf(zone: Zone, zones: readonly Zone[]): Safety {
  const down = zones.filter(({ apex }) => isWithin(zone.apex, apex)).toSorted((a, b) => a.apex.labels - b.apex.labels);
  for (const { isSigned, text } of down) {
    if (!isSigned || text.ds === 'none') return 'insecure';
    if (text.ds !== undefined) return 'bogus';
  }
  return 'secure';
}

/** Whether an opt-out zone can say no more of a name than that nobody vouches for it (RFC 5155 §9.2). */
function isOptedOut(zone: Zone, name: Name, qtype: number): boolean {
  if (zone.text.signing !== 'opt-out') return false;
  const node = zone.nodes.get(name.key);
  return !node || (qtype === Type.DS && node.sets.has(Type.NS) && !node.sets.has(Type.DS));
}

/** Who asks for a CNAME wants that which a DNAME makes, too, and not what is behind it (RFC 6672 §3.2); the world's servers go on. */
function toTheAlias(reply: Reply, { qtype }: Question): Reply {
  const at = qtype === Type.CNAME ? reply.answer.findIndex(({ type }) => type === Type.CNAME) : -1;
  return at < 0 ? reply : { ...reply, rcode: Rcode.NOERROR, answer: reply.answer.slice(0, at + 1), authority: [] };
}

export function truthOf(world: World, question: Question): Truth {
  const zones = [...new Set([...world.servers.values()].flat())];
  const answer: RRset[] = [];
  const links: Safety[] = [];
  for (let { qname } = question, turns = 0; turns < 20; turns++) {
    const fits = question.qtype === Type.DS ? isBelow : isWithin;
    const zone = zones.filter(({ apex }) => fits(qname, apex)).toSorted((a, b) => b.apex.labels - a.apex.labels)[0] ?? world.root;
    const reply = toTheAlias(answerFrom(zones, { ...question, qname }), question);
    const [first] = reply.answer;
    const last = reply.answer.at(-1);
    answer.push(...reply.answer);
    // A server follows aliases within its zone: the names of all of them, and the one at the end.
    const names = [
      qname,
      ...reply.answer.filter(({ type }) => type === Type.CNAME && question.qtype !== Type.CNAME).map((cname) => parseName(textAt(cname))),
    ];
    const own = names.filter((name) => isWithin(name, zone.apex));
    const safety = safetyOf(zone, zones);
    links.push(safety === 'secure' && own.some((name) => isOptedOut(zone, name, question.qtype)) ? 'insecure' : safety);
    const target = last?.type === Type.CNAME && question.qtype !== Type.CNAME ? parseName(textAt(last)) : undefined;
    const isDenied = reply.rcode === Rcode.NXDOMAIN || reply.authority.some(({ type }) => type === Type.SOA);
    if (target && !isDenied) {
      qname = target;
      continue;
    }
    const kind = reply.rcode === Rcode.NXDOMAIN ? 'nxdomain' : !first || isDenied ? 'nodata' : 'answer';
    const firstUnsafe = links.find((link) => link !== 'secure');
    return { kind, answer, mayBeSecure: firstUnsafe === undefined, mayBeInsecure: firstUnsafe === 'insecure' };
  }
  throw new Error('an alias loop in a world that should have none');
}

const owners = [
  '@',
  'www',
  'none',
  'a.b',
  'x.wild',
  '*.wild',
  'x.y.wilder.wild',
  'ent',
  'host.ent',
  'none.ent',
  'alias',
  'two',
  'tonone',
  'tonodata',
  'x.walias',
  'old',
  'host.old',
  'none.old',
  'cross',
  'tobogus',
  'tonsec3',
  'www.moved',
  'www.there',
  'back',
];
const types = [Type.A, Type.TXT, Type.MX, Type.AAAA, Type.DS, Type.CNAME, Type.NS, Type.SOA, Type.DNSKEY, Type.DNAME];

/** Every question worth asking of the world. */
export function questionsOf(world: World): readonly Question[] {
  const zones = [...new Set([...world.servers.values()].flat())];
  return zones.flatMap((zone) => owners.flatMap((owner) => types.map((qtype) => ({ qname: zone.nameOf(owner), qtype, qclass: 1 }))));
}

/** The names above a name and their wildcards, for records that lie about where they belong. */
export function namesAround(name: Name): readonly Name[] {
  const names = [name];
  for (let at = parent(name); at; at = parent(at)) names.push(at, wildcardOf(at) ?? at);
  return names;
}
