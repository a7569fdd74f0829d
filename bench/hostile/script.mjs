/**
 * What the scripted servers say: a signed root, a signed TLD `wild.`, forty innocent zones below it, and one hostile zone a case, in which each
 * question of the bench lies in a zone of its own (z17.keytrap.wild.), so that nothing is known of it beforehand.
 */

import {
  address,
  ds,
  labelsOf,
  loneNsec3,
  makeKey,
  makeTwins,
  nsec,
  rootKey,
  rrset,
  signed,
  soa,
  types,
  wireName,
  wrongSignatures,
} from './wire.mjs';

export const at = {
  root: ['198.51.100.1', '198.51.100.2'],
  tld: '198.51.100.11',
  innocent: '203.0.113.1',
  evil: '203.0.113.2',
  victim: '203.0.113.3',
};
export const INNOCENT_ZONES = 40;
const NXDOMAIN = 3;
const MANY = 1_000;
/** How long `pulse` holds its answers back. */
export const LATE_MS = 1_000;

const ns = (zone, ...servers) => rrset(zone, types.NS, servers.map(wireName));
const glue = (server, where) => rrset(server, types.A, [address(where)]);
const positive = (qname) => rrset(qname, types.A, [address('192.0.2.1')]);
const nodata = (apex) => ({ authority: [soa(apex)] });

/**
 * What one hostile zone says of names in it, `child` being z17.NAME.wild. and `i` its number; undefined: it is delegated without DS.
 * `sign`: the zone has keys, of this algorithm and with so many others of the same tag.
 */
const evilZones = {
  keytrap: { sign: { algorithm: 13, twins: 20 }, say: (q, zone) => ({ answer: [forged(positive(q.qname), zone, 60)] }) },
  'keytrap-denial': { sign: { algorithm: 13, twins: 20 }, say: paddedDenial },
  'keytrap-p384': { sign: { algorithm: 14, twins: 12 }, say: paddedDenial },
  nsec3: {
    sign: { algorithm: 13, twins: 0 },
    // All but the whole name seem to be there, so that the whole is asked for.
    say: (q, zone) => ({
      rcode: labelsOf(q.qname).length > 40 ? NXDOMAIN : 0,
      authority: [signed(soa(zone.apex), zone.apex, zone.key), signed(loneNsec3(zone.apex, 50, Buffer.alloc(8, 1)), zone.apex, zone.key)],
    }),
  },
  nxns: { cut: (_child, i) => Array.from({ length: 100 }, (_, k) => `ns${k}.x${i}.victim.wild.`) },
  'nxns-tree': { cut: (_child, _i, label) => Array.from({ length: 8 }, (_, k) => `ns.z${label}x${k}.nxns-tree.wild.`) },
  aliases: { say: (q) => ({ answer: [rrset(q.qname, types.CNAME, [wireName(nextAlias(q.qname))])] }) },
  'alias-loop': {
    say: (q) => ({ answer: [rrset(q.qname, types.CNAME, [wireName(q.qname.replace(/^(a|b)\./, (_, x) => (x === 'a' ? 'b.' : 'a.')))])] }),
  },
  'delegation-loop': { cut: (child) => [`ns.${child.startsWith('y') ? child.replace('y', 'z') : child.replace('z', 'y')}`] },
  'huge-rrset': {
    sign: { algorithm: 13, twins: 0 },
    say: (q, zone) => ({ answer: [signed(hugeSet(q.qname), zone.apex, zone.key)] }),
  },
  'types-flood': {
    say: (q) => ({ answer: [...Array.from({ length: 600 }, (_, k) => rrset(q.qname, 300 + k, [Buffer.from('x')])), positive(q.qname)] }),
  },
  silent: { say: () => undefined },
  pulse: { say: (q) => ({ answer: [rrset(q.qname, types.A, hostAddresses(60))], lateMs: LATE_MS }) },
};

/** The floods of `floods.mjs`: all their questions lie in one zone. */
export const floodNames = ['pulse', 'tcp-unread'];
export const caseNames = Object.keys(evilZones).filter((name) => !floodNames.includes(name));

/** What is asked, of each zone of a case: its own name in most. */
export function questionOf(name, i) {
  const zone = `z${i}.${name}.wild.`;
  switch (name) {
    case 'nsec3':
      return `${'a.'.repeat(90)}${zone}`;
    case 'aliases':
      return `c0.${zone}`;
    case 'alias-loop':
      return `a.${zone}`;
    default:
      return `www.${zone}`;
  }
}

const hostAddresses = (count) => Array.from({ length: count }, (_, i) => Buffer.of(10, 0, i >> 8, i & 255));
const hugeSet = (qname) => rrset(qname, types.A, hostAddresses(MANY));

function nextAlias(qname) {
  return qname.replace(/^c(\d+)\./, (_, n) => `c${Number(n) + 1}.`);
}

const forged = (set, { apex, key }, count) => ({ ...set, signatures: wrongSignatures(set, apex, key, count) });

/** Sixteen denials of ten wrong signatures each: as many checks as a response can hold. */
function paddedDenial(_q, zone) {
  const denials = Array.from({ length: 16 }, (_, k) => forged(nsec(`n${k}.${zone.apex}`, `n${k}a.${zone.apex}`, [types.A]), zone, 10));
  return { rcode: NXDOMAIN, authority: [signed(soa(zone.apex), zone.apex, zone.key), ...denials] };
}

export function makeScript() {
  const keys = { root: rootKey(), tld: makeKey(13), innocent: makeKey(13) };
  const evil = Object.fromEntries(
    Object.entries(evilZones)
      .filter(([, { sign }]) => sign)
      .map(
        ([
          name,
          {
            sign: { algorithm, twins },
          },
        ]) => {
          const key = makeKey(algorithm);
          return [name, { key, parent: makeKey(13), twins: makeTwins(key, twins) }];
        },
      ),
  );
  const memo = new Map();
  const once = (id, make) => {
    if (!memo.has(id)) memo.set(id, make());
    return memo.get(id);
  };
  const dnskeys = (apex, key, others = []) => {
    // Three of the others stand before the key, the rest behind it: the fourth that is tried is the one.
    const rdatas = [...others.slice(0, 3), key.rdata, ...others.slice(3)];
    return { answer: [signed(rrset(apex, types.DNSKEY, rdatas), apex, key)] };
  };
  const delegation = (child, servers, addresses, parent, key, childKey) => {
    const proof = childKey ? ds(child, childKey) : nsec(child, `\0.${child}`, [types.NS]);
    return { aa: false, authority: [ns(child, ...servers), signed(proof, parent, key)], additional: addresses };
  };
  /** A signed zone's answer for what stands at its apex or has a DS; undefined for the rest. */
  const apexOrDs = ({ qname, qtype }, apex, key, others) => {
    if (qname !== apex) return undefined;
    if (qtype === types.DNSKEY) return dnskeys(apex, key, others);
    return qtype === types.SOA ? { answer: [signed(soa(apex), apex, key)] } : undefined;
  };
  const denies = (apex, key, name, list) => ({
    authority: [signed(soa(apex), apex, key), signed(nsec(name, `\0.${name}`, list), apex, key)],
  });

  function root(q) {
    if (q.qname === '.' && q.qtype === types.NS) {
      return once('root ns', () => ({
        answer: [signed(ns('.', 'a.servers.', 'b.servers.'), '.', keys.root)],
        additional: at.root.map((where, i) => glue(`${'ab'[i]}.servers.`, where)),
      }));
    }
    const apex = apexOrDs(q, '.', keys.root);
    if (apex) return apex;
    if (q.qname === 'wild.' && q.qtype === types.DS)
      return once('ds wild', () => ({ answer: [signed(ds('wild.', keys.tld), '.', keys.root)] }));
    if (labelsOf(q.qname).at(-1) === 'wild')
      return once('wild', () => delegation('wild.', ['ns.wild.'], [glue('ns.wild.', at.tld)], '.', keys.root, keys.tld));
    return q.qname.endsWith('servers.')
      ? { answer: [signed(glue(q.qname, at.root[q.qname.startsWith('b') ? 1 : 0]), '.', keys.root)] }
      : denies('.', keys.root, q.qname, []);
  }

  function tld(q) {
    const apex = apexOrDs(q, 'wild.', keys.tld);
    if (apex) return apex;
    const labels = labelsOf(q.qname);
    if (labels.length < 2)
      return q.qtype === types.NS
        ? { answer: [signed(ns('wild.', 'ns.wild.'), 'wild.', keys.tld)] }
        : denies('wild.', keys.tld, 'wild.', [types.NS]);
    const name = labels.at(-2);
    const child = `${name}.wild.`;
    if (name === 'ns') return { answer: [signed(glue('ns.wild.', at.tld), 'wild.', keys.tld)] };
    const childKey = name.startsWith('inn') ? keys.innocent : evil[name]?.parent;
    const where = name.startsWith('inn') ? at.innocent : name === 'victim' ? at.victim : at.evil;
    if (q.qtype === types.DS && q.qname === child) {
      return once(`ds ${child}`, () =>
        childKey ? { answer: [signed(ds(child, childKey), 'wild.', keys.tld)] } : denies('wild.', keys.tld, child, [types.NS]),
      );
    }
    return once(child, () => delegation(child, [`ns.${child}`], [glue(`ns.${child}`, where)], 'wild.', keys.tld, childKey));
  }

  function innocent(q) {
    const apex = `${labelsOf(q.qname).slice(-2).join('.')}.`;
    const own = apexOrDs(q, apex, keys.innocent);
    if (own) return own;
    if (q.qtype === types.A && q.qname !== apex) return { answer: [signed(positive(q.qname), apex, keys.innocent)] };
    return denies(apex, keys.innocent, q.qname, q.qname === apex ? [types.NS, types.SOA] : [types.A]);
  }

  /** The hostile zone and its children, all at one address. */
  function hostile(q) {
    const labels = labelsOf(q.qname);
    const name = labels.at(-2);
    const { say, cut } = evilZones[name] ?? {};
    const secrets = evil[name];
    const above = `${name}.wild.`;
    const child = `${labels.slice(-3).join('.')}.`;
    if (labels.length < 3) {
      if (!secrets) return nodata(above);
      return apexOrDs(q, above, secrets.parent) ?? denies(above, secrets.parent, above, [types.NS, types.SOA]);
    }
    if (labels[0] === 'ns' && labels.length === 3) return { answer: [glue(q.qname, at.evil)] };
    if (cut)
      return q.qname === above
        ? nodata(above)
        : { aa: false, authority: [ns(child, ...cut(child, numberOf(child), labels.at(-3).slice(1)))] };
    if (!secrets) return q.qtype === types.A && q.qname !== child ? say?.(q) : say?.(q) && nodata(above);
    if (q.qname === child && q.qtype === types.DS) return { answer: [signed(ds(child, secrets.key), above, secrets.parent)] };
    const zone = { apex: child, key: secrets.key };
    return (
      apexOrDs(q, child, secrets.key, secrets.twins) ??
      (q.qname === child ? denies(child, secrets.key, child, [types.NS, types.SOA]) : say(q, zone))
    );
  }

  const victim = () => ({ rcode: NXDOMAIN, ...nodata('victim.wild.') });
  const byAddress = new Map([
    ...at.root.map((where) => [where, root]),
    [at.tld, tld],
    [at.innocent, innocent],
    [at.evil, hostile],
    [at.victim, victim],
  ]);
  /** undefined: no answer at all. */
  return (where, question) => byAddress.get(where)?.(question);
}

function numberOf(child) {
  return Number(/\d+/.exec(child)?.[0] ?? 0);
}
