/**
 * Starts and stops the sandbox: keys, zones from the root down, and a server for each name server's address.
 *
 * Limits: IPv4 only. Each server has a loopback address of its own, which Linux has ready; elsewhere they must be added first.
 */

import { type Authority, startAuthority } from './authority.ts';
import { type SandboxDomain, sandboxDomains } from './domains.ts';
import type { Fault } from './fault.ts';
import { createKey, delegationSigner } from './keys.ts';
import { isWithin, type Labels, nameOf, textOf } from './name.ts';
import type { SigningKeys } from './sign.ts';
import { buildZone, type Delegation, serverName, type Zone, type ZoneContent } from './zone.ts';
import { initialFaults, zoneContents } from './zones.ts';

export interface SandboxOptions {
  /** Of all servers, UDP and TCP; 0 chooses one that is free on all addresses. */
  readonly port?: number;
  /** Seconds since the epoch that signatures are made for: they hold from a day before to two weeks after. */
  readonly now?: number;
  /** First three octets of the servers' addresses. */
  readonly addressBase?: string;
}

export interface Sandbox {
  readonly port: number;
  /** Root hints in presentation format. */
  readonly hints: string;
  /** The root's DS in presentation format: the trust anchor. */
  readonly anchors: string;
  /** The root's DNSKEY as a BIND `trust-anchors` statement, which `delv -a` reads. */
  readonly anchorKeys: string;
  readonly domains: readonly SandboxDomain[];
  readonly servers: readonly SandboxServer[];
  readonly zones: readonly Zone[];
  /** How many queries have come in, over all servers. */
  queries(): number;
  /** Makes a name server misbehave, or behave again; throws for one that does not exist. */
  setFault(server: string, fault: Fault | undefined): void;
  stop(): Promise<void>;
}

/** A name server: its name without final dot, and where it listens. */
export interface SandboxServer {
  readonly name: string;
  readonly address: string;
}

const defaultPort = 5399;
const defaultAddressBase = '127.53.0';

/** Starts the miniature internet; rejects with one sentence where its addresses or port cannot be had. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = defaultPort, now = Math.floor(Date.now() / 1000), addressBase = defaultAddressBase } = options;
  const servers = listServers(addressBase);
  const built = await buildZones(servers, now);
  const faults = new Map<string, Fault>(Object.entries(initialFaults));
  let queries = 0;
  const listening = await listenOnAll(port, servers, (server, boundPort) =>
    startAuthority({
      address: server.address,
      port: boundPort,
      zones: built.filter(({ content }) => serversOf(content).some((name) => textOf(name) === server.name)).map(({ zone }) => zone),
      fault: () => faults.get(server.name),
      onQuery: () => {
        queries += 1;
      },
    }),
  );
  return {
    ...rootFacts(built[0]!, servers),
    port: listening.port,
    domains: sandboxDomains,
    servers,
    zones: built.map(({ zone }) => zone),
    queries: () => queries,
    setFault: (name, fault) => {
      if (!servers.some((server) => server.name === name)) throw new Error(`the sandbox has no name server ${name}`);
      if (fault) faults.set(name, fault);
      else faults.delete(name);
    },
    stop: async () => {
      await Promise.all(listening.authorities.map((authority) => authority.stop()));
    },
  };
}

const serversOf = ({ apex, servers }: ZoneContent): Labels[] => servers.map((text) => serverName(text, nameOf(apex)));

function listServers(addressBase: string): SandboxServer[] {
  const names = new Set(zoneContents.flatMap((content) => serversOf(content).map(textOf)));
  return [...names].map((name, index) => ({ name, address: `${addressBase}.${index + 1}` }));
}

interface BuiltZone {
  readonly content: ZoneContent;
  readonly keys: SigningKeys | undefined;
  readonly zone: Zone;
}

async function buildZones(servers: readonly SandboxServer[], now: number): Promise<BuiltZone[]> {
  const addresses = servers.map(({ name, address }) => ({ name: nameOf(name), address }));
  const keyed = await Promise.all(zoneContents.map(async (content) => ({ content, keys: await createKeys(content) })));
  const delegations = await Promise.all(
    keyed.map(async ({ content, keys }): Promise<Delegation> => {
      const ds = keys && content.ds !== 'none' ? [await delegationSignerOf(content, keys)] : [];
      return { apex: nameOf(content.apex), servers: serversOf(content), ds };
    }),
  );
  return keyed.map(({ content, keys }) => {
    const children = delegations.filter((child) => isChild(child.apex, nameOf(content.apex)));
    return { content, keys, zone: buildZone(content, { keys, delegations: children, addresses, now }) };
  });
}

async function createKeys({ signing }: ZoneContent): Promise<SigningKeys | undefined> {
  if (!signing) return undefined;
  const ksk = await createKey(signing.algorithm, 257);
  return { ksk, zsk: signing.split ? await createKey(signing.algorithm, 256) : ksk };
}

async function delegationSignerOf({ apex, ds }: ZoneContent, { ksk }: SigningKeys): Promise<Buffer> {
  const key = ds === 'wrong' ? await createKey(ksk.algorithm, 257) : ksk;
  return delegationSigner(nameOf(apex), key);
}

/** Whether the zone at `parent` is the one that delegates `apex`: no other zone lies between. */
function isChild(apex: Labels, parent: Labels): boolean {
  const above = zoneContents.map((content) => nameOf(content.apex)).filter((name) => name.length < apex.length && isWithin(apex, name));
  return above.length > 0 && Math.max(...above.map((name) => name.length)) === parent.length && isWithin(apex, parent);
}

type Start = (server: SandboxServer, port: number) => Promise<Authority>;

const portAttempts = 20;

async function listenOnAll(port: number, servers: readonly SandboxServer[], start: Start) {
  for (let attempt = 1; ; attempt += 1) {
    const authorities: Authority[] = [];
    try {
      authorities.push(await start(servers[0]!, port));
      const chosen = authorities[0]!.port;
      const others = await Promise.allSettled(servers.slice(1).map((server) => start(server, chosen)));
      authorities.push(...others.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
      const failed = others.find((result) => result.status === 'rejected');
      if (!failed) return { port: chosen, authorities };
      throw failed.reason;
    } catch (error) {
      await Promise.all(authorities.map((authority) => authority.stop()));
      if (port !== 0 || attempt === portAttempts) throw cannotListen(port, servers, error);
    }
  }
}

const bindFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EADDRNOTAVAIL: 'this machine has not these addresses; outside Linux they must be added to its loopback interface first',
  EACCES: 'permission denied; a port below 1024 needs root or CAP_NET_BIND_SERVICE',
};

function cannotListen(port: number, servers: readonly SandboxServer[], cause: unknown): Error {
  const range = `${servers[0]?.address} to ${servers.at(-1)?.address}`;
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException;
  const why = bindFaults[code] ?? message;
  return new Error(`the sandbox cannot listen on ${range}, port ${port}: ${why}`, { cause });
}

function rootFacts({ content, keys }: BuiltZone, servers: readonly SandboxServer[]): Pick<Sandbox, 'hints' | 'anchors' | 'anchorKeys'> {
  const ksk = keys!.ksk; // the root is signed
  const ds = delegationSigner([], ksk);
  const key = ksk.dnskey;
  const hints = serversOf(content).flatMap((name) => {
    const text = textOf(name);
    const address = servers.find((server) => server.name === text)?.address;
    return [`. 3600000 IN NS ${text}.`, `${text}. 3600000 IN A ${address}`];
  });
  return {
    hints: `${hints.join('\n')}\n`,
    anchors: `. 3600 IN DS ${ds.readUInt16BE(0)} ${ds[2]} ${ds[3]} ${ds.subarray(4).toString('hex').toUpperCase()}\n`,
    anchorKeys: `trust-anchors { . static-key ${key.readUInt16BE(0)} ${key[2]} ${key[3]} "${key.subarray(4).toString('base64')}"; };\n`,
  };
}
