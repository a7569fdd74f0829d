/**
 * The internet that both resolvers recurse: a root, four TLDs, hosters of name service and leaf zones, half of them signed with algorithm 13.
 * All of it, keys too, follows from the number of leaf zones, so two runs ask the same; signatures alone differ, for ECDSA draws a number.
 * The data is that of mail domains: MX, A, AAAA, TLSA, SPF, DKIM, DMARC, a web alias; names of client addresses, and lists of them.
 */

import { dsRecord, keyPair } from './keys.mjs';

const tlds = [
  { name: 'north', denial: 'nsec' },
  { name: 'south', denial: 'nsec' },
  { name: 'east', denial: 'nsec3-opt-out' },
  { name: 'west', denial: 'nsec3-opt-out' },
];
const HOSTERS = 8;
/** /24 of client addresses, out of the prefix for benchmarks (RFC 2544), which no resolver answers for by itself. */
const CLIENT_NETWORKS = 32;
const CLIENTS_PER_NETWORK = 250;

/** Addresses of the documentation prefixes (RFC 5737), which lead nowhere but in the bench's own network namespace. */
export const addresses = {
  root: ['198.51.100.1', '198.51.100.2'],
  tld: ['198.51.100.11', '198.51.100.12', '198.51.100.13', '198.51.100.14'],
  leaf: ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4', '203.0.113.5', '203.0.113.6', '203.0.113.7', '203.0.113.8'],
};

/** TTLs longer than any run: cached stays cached. */
const TTL = 86_400;

/**
 * @typedef {object} Zone
 * @property {string} origin ends in a dot
 * @property {'root' | 'tld' | 'leaf'} level which servers have it
 * @property {undefined | 'nsec' | 'nsec3' | 'nsec3-opt-out'} denial undefined: not signed
 * @property {string[]} lines in zone file form
 * @property {undefined | 'expired' | 'wrong-ds'} fault asked only when answers are compared
 * @property {number} [hosts] further hosts
 */

/**
 * All zones.
 * @param {number} count signed leaf zones, and as many unsigned ones
 * @param {number} names further hosts, spread evenly over all leaf zones
 * @returns {Zone[]}
 */
export function makeZones(count, names = 0) {
  const root = { origin: '.', level: 'root', denial: 'nsec', lines: apexLines('.', 'a.servers.', 'b.servers.') };
  root.lines.push(...addresses.root.map((address, i) => `${'ab'[i]}.servers. ${TTL} IN A ${address}`));
  const parents = new Map(tlds.map(({ name, denial }, i) => [name, makeTld(name, denial, i, root)]));
  const leaves = [];
  const add = (leaf, tld) => {
    const parent = parents.get(tld);
    parent.lines.push(...delegationLines(leaf));
    leaves.push(leaf);
  };
  for (let i = 0; i < HOSTERS; i++) add(makeHoster(i), tldOf(i));
  for (let i = 0; i < count * 2; i++) {
    const leaf = makeLeaf(i);
    leaf.hosts = Math.floor((names * (i + 1)) / (count * 2)) - Math.floor((names * i) / (count * 2));
    leaf.lines.push(...hostsOf(leaf).map(hostLine));
    add(leaf, tldOf(i));
  }
  const reverse = makeTld('in-addr.arpa', 'nsec', 0, root);
  parents.set('in-addr.arpa', reverse);
  for (let network = 0; network < CLIENT_NETWORKS; network++) add(makeReverse(network, count * 2), 'in-addr.arpa');
  for (const list of addressLists) add(makeAddressList(list), list.tld);
  for (const fault of ['expired', 'wrong-ds']) add(makeLeaf(0, fault), 'north');
  return [root, ...parents.values(), ...leaves];
}

/** The names that a hints file and a trust anchor file need. */
export function hintsText() {
  return addresses.root.map((address, i) => `. ${TTL} IN NS ${'ab'[i]}.servers.\n${'ab'[i]}.servers. ${TTL} IN A ${address}\n`).join('');
}

/** The DS record of the root's key. */
export function anchorText() {
  return `${dsRecord('.')}\n`;
}

const tldOf = (i) => tlds[(i >> 1) % tlds.length].name;

function apexLines(origin, ...servers) {
  const soa = `${origin} ${TTL} IN SOA ${servers[0]} hostmaster.${origin === '.' ? '' : origin} 1 7200 3600 1209600 ${TTL}`;
  return [soa, ...servers.map((server) => `${origin} ${TTL} IN NS ${server}`)];
}

/** What the parent has of a zone: NS, glue of names within it, DS where it is signed. */
function delegationLines({ origin, lines, denial, fault }) {
  const ns = lines.filter((line) => line.startsWith(`${origin} `) && line.includes(' IN NS '));
  const inDomain = ns.map((line) => line.split(' ').at(-1)).filter((server) => server.endsWith(`.${origin}`));
  const glue = lines.filter((line) => inDomain.some((server) => line.startsWith(`${server} `)));
  return [...ns, ...glue, ...(denial ? [dsRecord(origin, fault === 'wrong-ds')] : [])];
}

function makeTld(name, denial, i, root) {
  const origin = `${name}.`;
  const servers = [`ns1.nic.${origin}`, `ns2.nic.${origin}`];
  const lines = apexLines(origin, ...servers);
  lines.push(...servers.map((server, k) => `${server} ${TTL} IN A ${addresses.tld[(i + k * 2) % addresses.tld.length]}`));
  const tld = { origin, level: 'tld', denial, lines };
  root.lines.push(...delegationLines(tld));
  return tld;
}

/** A zone whose name servers serve others' zones, as most domains have it. */
function makeHoster(i) {
  const origin = `hoster${i}.${tldOf(i)}.`;
  const lines = apexLines(origin, `ns1.${origin}`, `ns2.${origin}`);
  lines.push(...[1, 2].map((n) => `ns${n}.${origin} ${TTL} IN A ${leafAddress(i + n * 3)}`));
  return { origin, level: 'leaf', denial: 'nsec', lines };
}

const leafAddress = (i) => addresses.leaf[i % addresses.leaf.length];

/** Zones of even number are signed, by turns with NSEC and NSEC3; of four, three are with a hoster and one has servers within itself. */
function makeLeaf(i, fault) {
  const origin = fault ? `${fault}.north.` : `d${i}.${tldOf(i)}.`;
  const signed = i % 2 === 0;
  const denial = signed ? ['nsec', 'nsec3'][(i >> 1) % 2] : undefined;
  const hoster = (i >> 1) % HOSTERS;
  const own = (i >> 1) % 4 === 0;
  const servers = [1, 2].map((n) => (own ? `ns${n}.${origin}` : `ns${n}.hoster${hoster}.${tldOf(hoster)}.`));
  const at = (name, type, data) => `${name}${name === '' ? '' : '.'}${origin} ${TTL} IN ${type} ${data}`;
  const lines = [
    ...apexLines(origin, ...servers),
    ...(own ? servers.map((server, k) => `${server} ${TTL} IN A ${leafAddress(i + k * 3)}`) : []),
    at('', 'MX', `10 mx1.${origin}`),
    at('', 'MX', `20 mx2.${origin}`),
    at('', 'A', `192.0.2.${1 + (i % 250)}`),
    at('', 'TXT', `"v=spf1 mx -all"`),
    at('mx1', 'A', `192.0.2.${1 + ((i + 1) % 250)}`),
    at('mx1', 'AAAA', `2001:db8::${i.toString(16)}:1`),
    at('mx2', 'A', `192.0.2.${1 + ((i + 2) % 250)}`),
    at('_25._tcp.mx1', 'TLSA', `3 1 1 ${'0123456789abcdef'.repeat(4)}`),
    at('_dmarc', 'TXT', `"v=DMARC1; p=reject; rua=mailto:postmaster@${origin.slice(0, -1)}"`),
    at('www', 'CNAME', origin),
    at('s1._domainkey', 'TXT', `"v=DKIM1; k=ed25519; p=${keyPair(origin, 0).secret.toString('base64')}"`),
  ];
  return { origin, level: 'leaf', denial, lines, fault };
}

/** The zone of a /24 of client addresses; those of even number are signed. Each client is the first mail host of some domain. */
function makeReverse(network, domains) {
  const origin = `${network}.18.198.in-addr.arpa.`;
  const hosters = [network, network + 1].map((n) => n % HOSTERS);
  const lines = apexLines(origin, ...hosters.map((n) => `ns1.hoster${n}.${tldOf(n)}.`));
  for (let host = 1; host <= CLIENTS_PER_NETWORK; host++) {
    const domain = (network * CLIENTS_PER_NETWORK + host) % domains;
    lines.push(`${host}.${origin} ${TTL} IN PTR mx1.d${domain}.${tldOf(domain)}.`);
  }
  return { origin, level: 'leaf', denial: network % 2 === 0 ? 'nsec' : undefined, lines };
}

/** Lists of client addresses: one in `every` is on it. Not signed, as those of the world. */
const addressLists = [
  { origin: 'block.east.', tld: 'east', every: 7 },
  { origin: 'welcome.south.', tld: 'south', every: 5 },
];

function makeAddressList({ origin, every }) {
  const lines = apexLines(origin, `ns1.hoster0.${tldOf(0)}.`, `ns2.hoster0.${tldOf(0)}.`);
  for (let n = 0; n < CLIENT_NETWORKS * CLIENTS_PER_NETWORK; n += every) lines.push(`${listed(n)}.${origin} ${TTL} IN A 127.0.0.2`);
  return { origin, level: 'leaf', denial: undefined, lines };
}

/** The labels of client `n` in an address list, and in in-addr.arpa. */
function listed(n) {
  return `${1 + (n % CLIENTS_PER_NETWORK)}.${Math.floor(n / CLIENTS_PER_NETWORK)}.18.198`;
}

/** The further hosts of a zone: of two, one has an address and one takes mail elsewhere. */
function hostsOf({ origin, hosts = 0 }) {
  return Array.from({ length: hosts }, (_, k) => ({ qname: `h${k}.${origin}`, type: k % 2 === 0 ? 'A' : 'MX', k, origin }));
}

function hostLine({ qname, type, k, origin }) {
  return `${qname} ${TTL} IN ${type} ${type === 'A' ? `192.0.2.${1 + (k % 250)}` : `10 mx1.${origin}`}`;
}

/** What is asked of each leaf zone: what a mail appliance asks, an alias, a type and a name that are not there. */
const asked = [
  ['', 'MX'],
  ['', 'TXT'],
  ['mx1.', 'A'],
  ['mx1.', 'AAAA'],
  ['mx2.', 'AAAA'],
  ['_25._tcp.mx1.', 'TLSA'],
  ['_25._tcp.mx2.', 'TLSA'],
  ['_dmarc.', 'TXT'],
  ['www.', 'A'],
];

/** The questions of a list, zone by zone. @param {Zone[]} zones */
export function questionsOf(zones, { faulty = false } = {}) {
  const leaves = zones.filter(({ level, fault }) => level === 'leaf' && (faulty || !fault));
  return leaves
    .filter(({ origin }) => isMailDomain(origin))
    .flatMap(({ origin }) => asked.map(([prefix, type]) => ({ qname: `${prefix}${origin}`, type })));
}

/** The questions for the further hosts, each another name. @param {Zone[]} zones */
export function hostQuestionsOf(zones) {
  return zones.flatMap((zone) => hostsOf(zone).map(({ qname, type }) => ({ qname, type })));
}

/** Zones that are mail domains. */
function isMailDomain(origin) {
  return /^(d\d+|expired|wrong-ds)\./.test(origin);
}

/** Everything that is asked in a mail appliance's day, by what it is about. @param {number} count as `makeZones` has it */
export function mailSubjects(count) {
  const asked = (domain, ...questions) => questions.map(([prefix, type]) => ({ qname: `${prefix}d${domain}.${tldOf(domain)}.`, type }));
  const clients = Array.from({ length: CLIENT_NETWORKS * CLIENTS_PER_NETWORK }, (_, n) => [
    { qname: `${listed(n)}.in-addr.arpa.`, type: 'PTR' },
    ...asked((n + 1) % (count * 2), ['mx1.', 'A']),
    ...addressLists.map(({ origin }) => ({ qname: `${listed(n)}.${origin}`, type: 'A' })),
  ]);
  const domains = Array.from({ length: count * 2 }, (_, domain) => domain);
  const senders = domains.map((domain) => asked(domain, ['', 'MX'], ['', 'A'], ['', 'TXT'], ['s1._domainkey.', 'TXT'], ['_dmarc.', 'TXT']));
  const recipients = domains.map((domain) => {
    const hosts = ['mx1.', 'mx2.'].flatMap((host) => [
      [host, 'A'],
      [host, 'AAAA'],
      [`_25._tcp.${host}`, 'TLSA'],
    ]);
    return asked(domain, ['', 'MX'], ...hosts, ['www.', 'A']);
  });
  return { clients, senders, recipients };
}
