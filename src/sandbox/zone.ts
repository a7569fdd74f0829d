/**
 * One zone as its servers hold it: nodes with their RRsets, zone cuts, denial chains, and signatures made when first asked for.
 *
 * RFCs: 1034 §4.2 (cuts, glue), 4035 §2 (what is signed and denied), 5155 §7.1 (NSEC3 and opt-out), 4592 §2.2.2 (empty non-terminals).
 */

import { type Chain, type ChainEntry, type Nsec3Parameters, nsec3Chain, nsec3Parameters, nsecChain } from './denial.ts';
import type { Algorithm } from './keys.ts';
import { isWithin, keyOf, type Labels, nameOf, textOf } from './name.ts';
import { parseRecords, type RRset, rdataOf, typeName, typeNumbers } from './rdata.ts';
import { breakSignature, rrsigSet, type SigningKeys, signRRset, type Window } from './sign.ts';

/** A zone as data. Owners and server names without a final dot are relative to the apex, `@` is the apex. */
export interface ZoneContent {
  readonly apex: string;
  readonly servers: readonly string[];
  readonly records: readonly string[];
  /** Missing: the zone is unsigned. */
  readonly signing?: Signing;
  /** What the parent says: the DS of the key signing key, none, or that of another key. */
  readonly ds?: 'matching' | 'none' | 'wrong';
}

export interface Signing {
  readonly algorithm: Algorithm;
  /** A key signing key and a zone signing key in place of one key for both. */
  readonly split?: boolean;
  /** NSEC3 in place of NSEC. */
  readonly nsec3?: Nsec3Parameters;
  /** Unsigned delegations of a zone with NSEC that are denied a DS by a second chain, NSEC3 with opt-out. */
  readonly optOutNames?: readonly string[];
  readonly window?: Window;
  /** RRsets, as `owner TYPE`, whose signature does not verify. */
  readonly broken?: readonly string[];
}

/** What a parent holds of a child. */
export interface Delegation {
  readonly apex: Labels;
  readonly servers: readonly Labels[];
  readonly ds: readonly Buffer[];
}

export interface ZoneNode {
  readonly name: Labels;
  readonly sets: ReadonlyMap<number, RRset>;
}

export interface Zone {
  readonly apex: Labels;
  /** The node at `name`; empty non-terminals and glue have one too. */
  readonly node: (name: Labels) => ZoneNode | undefined;
  readonly soa: RRset;
  /** The chain that denies what is asked about `name`, of a signed zone. */
  readonly denialFor: (name: Labels) => Chain | undefined;
  /** The RRSIG RRset over an RRset of the zone, of a signed zone. */
  readonly signature: (rrset: RRset, window?: Window) => RRset | undefined;
  /** All that the zone holds, signatures included, for tools that check a whole zone. */
  readonly records: () => readonly RRset[];
}

export interface ZoneSurroundings {
  readonly keys: SigningKeys | undefined;
  readonly delegations: readonly Delegation[];
  /** Addresses of name servers: those within the zone become its A records or glue. */
  readonly addresses: readonly { readonly name: Labels; readonly address: string }[];
  readonly now: number;
}

const dataTtl = 3600;
const denialTtl = 300; // of SOA and NSEC alike, so that negative answers live no longer (RFC 2308 §5, RFC 9077)

export function buildZone(content: ZoneContent, surroundings: ZoneSurroundings): Zone {
  const apex = nameOf(content.apex);
  const nodes = collectNodes([...ownRecords(content, apex, surroundings), ...delegationRecords(apex, surroundings)], apex);
  const node = (name: Labels) => nodes.get(keyOf(name));
  const { keys } = surroundings;
  const chains = keys && content.signing ? buildChains(content.signing, apex, [...nodes.values()]) : [];
  const [mainChain, optOutChain] = chains;
  const optOutNames = (content.signing?.optOutNames ?? []).map((name) => [...nameOf(name), ...apex]);
  const signature = keys && content.signing ? createSigner(content.signing, apex, keys, surroundings.now) : () => undefined;
  return {
    apex,
    node,
    soa: node(apex)!.sets.get(typeNumbers.SOA)!,
    denialFor: (name) => (optOutNames.some((optOut) => isWithin(name, optOut)) ? optOutChain : mainChain),
    signature,
    records: () => withSignatures([...nodes.values()], chains, apex, signature),
  };
}

/** Resolves a name of `ZoneContent.servers`. */
export function serverName(text: string, apex: Labels): Labels {
  return text.endsWith('.') ? nameOf(text) : [...nameOf(text), ...apex];
}

/** The zone cut above or at `name`, if it lies below the apex. */
export function cutAbove(zone: Pick<Zone, 'apex' | 'node'>, name: Labels): ZoneNode | undefined {
  for (let length = zone.apex.length + 1; length <= name.length; length += 1) {
    const node = zone.node(name.slice(name.length - length));
    if (node?.sets.has(typeNumbers.NS)) return node;
  }
  return undefined;
}

function ownRecords(content: ZoneContent, apex: Labels, { keys, addresses, delegations }: ZoneSurroundings): RRset[] {
  const servers = content.servers.map((text) => serverName(text, apex));
  const mname = textOf(servers[0] ?? apex);
  const rname = textOf(['hostmaster', ...apex]);
  const soa = { mname, rname, serial: 1, refresh: 3600, retry: 900, expire: 604_800, minimum: denialTtl };
  const ns = servers.map((server) => rdataOf({ name: '.', type: 'NS', data: textOf(server) }));
  const hosts = addresses.filter(({ name }) => isWithin(name, apex) && !delegations.some((child) => isWithin(name, child.apex)));
  const rrsets: RRset[] = [
    { owner: apex, type: typeNumbers.SOA, ttl: denialTtl, rdatas: [rdataOf({ name: '.', type: 'SOA', data: soa })] },
    { owner: apex, type: typeNumbers.NS, ttl: dataTtl, rdatas: ns },
    ...hosts.map(addressRRset),
    ...parseRecords(content.records, apex, dataTtl),
  ];
  if (!keys) return rrsets;
  rrsets.push({ owner: apex, type: typeNumbers.DNSKEY, ttl: dataTtl, rdatas: [...new Set([keys.ksk.dnskey, keys.zsk.dnskey])] });
  if (content.signing?.nsec3) {
    rrsets.push({ owner: apex, type: typeNumbers.NSEC3PARAM, ttl: 0, rdatas: [nsec3Parameters(content.signing.nsec3)] });
  }
  return rrsets;
}

/** NS, DS and glue of the children; glue in-domain and sibling alike (RFC 9499 §7). */
function delegationRecords(apex: Labels, { delegations, addresses }: ZoneSurroundings): RRset[] {
  const cuts = delegations.flatMap(({ apex: owner, servers, ds }): RRset[] => [
    { owner, type: typeNumbers.NS, ttl: dataTtl, rdatas: servers.map((name) => rdataOf({ name: '.', type: 'NS', data: textOf(name) })) },
    ...(ds.length > 0 ? [{ owner, type: typeNumbers.DS, ttl: dataTtl, rdatas: ds }] : []),
  ]);
  const glue = addresses.filter(({ name }) => isWithin(name, apex) && delegations.some((child) => isWithin(name, child.apex)));
  return [...cuts, ...glue.map(addressRRset)];
}

function addressRRset({ name, address }: { readonly name: Labels; readonly address: string }): RRset {
  return { owner: name, type: typeNumbers.A, ttl: dataTtl, rdatas: [rdataOf({ name: '.', type: 'A', data: address })] };
}

function collectNodes(rrsets: readonly RRset[], apex: Labels): Map<string, ZoneNode> {
  const nodes = new Map<string, ZoneNode & { readonly sets: Map<number, RRset> }>();
  for (const rrset of rrsets) {
    for (let name = rrset.owner; name.length >= apex.length; name = name.slice(1)) {
      if (!nodes.has(keyOf(name))) nodes.set(keyOf(name), { name, sets: new Map() });
      if (name.length === 0) break;
    }
    nodes.get(keyOf(rrset.owner))!.sets.set(rrset.type, rrset);
  }
  return nodes;
}

const isDelegation = ({ name, sets }: ZoneNode, apex: Labels) => name.length > apex.length && sets.has(typeNumbers.NS);

/** The nodes that the zone speaks for: glue is none of them. */
function authoritativeNodes(nodes: readonly ZoneNode[], apex: Labels): ZoneNode[] {
  const cuts = nodes.filter((node) => isDelegation(node, apex));
  return nodes.filter(({ name }) => !cuts.some((cut) => name.length > cut.name.length && isWithin(name, cut.name)));
}

function buildChains(signing: Signing, apex: Labels, allNodes: readonly ZoneNode[]): Chain[] {
  const nodes = authoritativeNodes(allNodes, apex);
  if (signing.nsec3) return [nsec3Chain(nsec3Entries(nodes, apex, signing.nsec3.optOut), apex, signing.nsec3, denialTtl)];
  const entries = nodes
    .filter(({ sets }) => sets.size > 0)
    .map((node) => ({ name: node.name, types: [...shownTypes(node, apex), typeNumbers.RRSIG, typeNumbers.NSEC] }));
  const main = nsecChain(entries, denialTtl);
  if (!signing.optOutNames) return [main];
  const optOut = { iterations: 0, salt: '', optOut: true };
  return [main, nsec3Chain(nsec3Entries(nodes, apex, true), apex, optOut, denialTtl)];
}

/** Types that a denial record shows; of a delegation only what the parent speaks for (RFC 4035 §2.3). */
function shownTypes(node: ZoneNode, apex: Labels): number[] {
  const types = [...node.sets.keys()];
  return isDelegation(node, apex) ? types.filter((type) => type === typeNumbers.NS || type === typeNumbers.DS) : types;
}

function nsec3Entries(nodes: readonly ZoneNode[], apex: Labels, optOut: boolean): ChainEntry[] {
  const isSigned = (node: ZoneNode) => !isDelegation(node, apex) || node.sets.has(typeNumbers.DS);
  const named = nodes.filter((node) => node.sets.size > 0 && (isSigned(node) || !optOut));
  // An empty non-terminal that only opted out delegations make has no record either (RFC 5155 §7.1).
  const empty = nodes.filter(({ name, sets }) => sets.size === 0 && named.some((node) => isWithin(node.name, name)));
  return [...named, ...empty].map((node) => ({
    name: node.name,
    types: [...shownTypes(node, apex), ...(node.sets.size > 0 && isSigned(node) ? [typeNumbers.RRSIG] : [])],
  }));
}

function createSigner(signing: Signing, apex: Labels, keys: SigningKeys, now: number): Zone['signature'] {
  const made = new Map<string, RRset>();
  const broken = new Set((signing.broken ?? []).map((entry) => entry.toLowerCase()));
  return (rrset, window = signing.window ?? 'current') => {
    const id = `${keyOf(rrset.owner)} ${rrset.type} ${window}`;
    const known = made.get(id);
    if (known) return known;
    const key = rrset.type === typeNumbers.DNSKEY ? keys.ksk : keys.zsk;
    const rdata = signRRset(rrset, { apex, key, window, now });
    const relative = textOf(rrset.owner.slice(0, rrset.owner.length - apex.length));
    const isBroken = broken.has(`${relative} ${typeName(rrset.type)}`.toLowerCase());
    const signature = rrsigSet(rrset, isBroken ? breakSignature(rdata) : rdata);
    made.set(id, signature);
    return signature;
  };
}

function withSignatures(nodes: readonly ZoneNode[], chains: readonly Chain[], apex: Labels, signature: Zone['signature']): RRset[] {
  const spokenFor = new Set(authoritativeNodes(nodes, apex));
  const signed = nodes.flatMap((node) => {
    const types = spokenFor.has(node) ? shownTypes(node, apex).filter((type) => !isDelegation(node, apex) || type === typeNumbers.DS) : [];
    return types.map((type) => node.sets.get(type)!);
  });
  const denials = chains.flatMap(({ records }) => records);
  const signatures = [...signed, ...denials].flatMap((rrset) => signature(rrset) ?? []);
  return [...nodes.flatMap(({ sets }) => [...sets.values()]), ...denials, ...signatures];
}
