// Who serves what at which address. All addresses are on the loopback device of the test's own network namespace, which has no other.

/** Servers of scripted.mjs, named by what they do, in front of a real one. */
const scripted = (relayedTo, kinds) =>
  Object.fromEntries(kinds.map((kind, index) => [kind, { software: kind, addresses: [`10.53.3.${index + 1}`], relayedTo }]));

/** Authoritative servers: one process each. `silent` is an address where queries arrive and nothing answers. */
export const servers = {
  'nsd-root': { software: 'nsd', addresses: ['10.53.0.1', 'fd53::1'] },
  'knot-root': { software: 'knot', addresses: ['10.53.0.2'] },
  'bind-tld': { software: 'bind', addresses: ['10.53.1.1'] },
  'nsd-tld': { software: 'nsd', addresses: ['10.53.1.2'] },
  nsd: { software: 'nsd', addresses: ['10.53.2.1'] },
  knot: { software: 'knot', addresses: ['10.53.2.2'] },
  bind: { software: 'bind', addresses: ['10.53.2.3'] },
  'nsd-ipv6': { software: 'nsd', addresses: ['fd53::2:1'] },
  /** Has the zone as it was before it was signed. */
  'nsd-old': { software: 'nsd', addresses: ['10.53.2.4'] },
  silent: { software: 'silent', addresses: ['10.53.2.5'] },
  /** Sign by themselves. */
  pdns: { software: 'pdns', addresses: ['10.53.2.6'] },
  'knot-signing': { software: 'knot', addresses: ['10.53.2.7'] },
  ...scripted('nsd', ['no-edns', 'drops-edns', 'ignores-edns', 'truncating', 'truncating-no-tcp', 'refers-up', 'failing']),
};

/** Resolvers: zeker, Debian's unbound beside it for comparison, and an unbound that validates what it gets from zeker. */
export const resolvers = { zeker: '10.53.9.1', unbound: '10.53.9.2', 'unbound-behind-zeker': '10.53.9.3' };

export const clientPrefix = '10.53.0.0/16';
export const zekerHttp = '127.0.0.1:8053';

export const allAddresses = [...Object.values(servers).flatMap(({ addresses }) => addresses), ...Object.values(resolvers)];
