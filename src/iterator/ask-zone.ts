/** One question to the servers of one zone, until one of them gives a response that can be used. */

import { BudgetExceeded } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { Question } from '../base/record.ts';
import { formatRcode } from '../base/registry.ts';
import type { IndeterminateReason } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { UpstreamServer } from '../net/exchange.ts';
import { type AskServerDeps, askServer, serverKey } from './ask-server.ts';
import { classifyResponse, type ResponseClass } from './response-class.ts';
import { chooseServer } from './server-choice.ts';
import { type AddressFilter, isUsable, type ZoneServers } from './zone-servers.ts';

export interface AskZoneDeps extends AskServerDeps {
  readonly upstreamPort: number;
  readonly addressFilter: AddressFilter;
  /** Looks the addresses of a server up by its name; empty where there are none. */
  readonly addressesOf: (name: Name, work: Work) => Promise<readonly string[] | undefined>;
}

type Usable = Exclude<ResponseClass, { kind: 'lame' | 'recursive' | 'failing' }>;

export type ZoneOutcome =
  | { readonly outcome: 'usable'; readonly response: Usable; readonly server: string }
  | { readonly outcome: 'failed'; readonly reason: IndeterminateReason; readonly detail: string };

/** Exchanges for one question at one zone, whatever its servers do. */
const MAX_ATTEMPTS = 24;
/**
 * Server names looked up at a time, and in all, for one zone (NXNSAttack). One after another where an address is wanted for an address: two
 * each time would be 1024 at a depth of ten.
 */
const NAMES_AT_A_TIME = 2;
const MAX_NAMES = 8;

interface Tried extends UpstreamServer {
  /** Its `serverKey`. */
  readonly key: string;
  tries: number;
  /** Milliseconds it let us wait in vain. */
  waitedMs: number;
  /** It answers as recursive servers do: asked with RD=1 once nothing else is left. */
  recursive: boolean;
  excluded: boolean;
}

/**
 * @param avoid servers (as `serverKey` names them) whose data did not validate
 * @throws {BudgetExceeded}
 */
export async function askZone(
  source: ZoneServers,
  question: Question,
  avoid: ReadonlySet<string>,
  work: Work,
  deps: AskZoneDeps,
): Promise<ZoneOutcome> {
  const roster = new Roster(source, avoid, deps);
  let failure: ZoneOutcome & { outcome: 'failed' } = {
    outcome: 'failed',
    reason: 'servers-unreachable',
    detail: 'no server has a usable address',
  };
  for (let attempts = 0; attempts < MAX_ATTEMPTS && (attempts === 0 || work.remainingMs() > 0); attempts++) {
    const server = await roster.next(work);
    if (!server) break;
    server.tries++;
    const recursive = source.recursive || server.recursive;
    const outcome = await askServer(server, question, source.zone, recursive, work, deps);
    if (outcome.outcome === 'silent') {
      server.waitedMs += outcome.waitedMs;
      failure = { outcome: 'failed', reason: 'servers-unreachable', detail: `${server.address} does not answer` };
      continue;
    }
    if (outcome.outcome === 'broken') {
      server.excluded = true;
      failure = { outcome: 'failed', reason: 'servers-unreachable', detail: `${server.address}: ${outcome.why}` };
      continue;
    }
    const response = classifyResponse(outcome.message, question, source.zone, recursive);
    switch (response.kind) {
      case 'data':
      case 'denied':
      case 'referral':
        if (response.kind === 'referral' && source.recursive) {
          server.excluded = true;
          continue;
        }
        return { outcome: 'usable', response, server: server.key };
      case 'recursive':
        server.recursive = true;
        server.tries = 0;
        break;
      case 'lame':
        deps.servers.recordLame(server.key, source.zone, deps.now());
        server.excluded = true;
        failure = { outcome: 'failed', reason: 'servers-failing', detail: `${server.address} ${response.why}` };
        break;
      case 'failing':
        server.excluded = true;
        failure = { outcome: 'failed', reason: 'servers-failing', detail: `${server.address} says ${formatRcode(response.rcode)}` };
        break;
    }
  }
  if (work.remainingMs() <= 0) throw new BudgetExceeded('time');
  if (roster.limited) return { ...failure, reason: 'limit-spent' };
  return failure;
}

/** The addresses of one zone's servers: those known, and those looked up when the known ones do not suffice. */
class Roster {
  readonly #servers: Tried[] = [];
  readonly #unresolved: Name[];
  readonly #zone: Name;
  readonly #avoid: ReadonlySet<string>;
  readonly #deps: AskZoneDeps;
  #lookedUp = 0;
  /** Some server name was not looked up to the end: what failed by it is nothing to remember. */
  limited = false;

  constructor(source: ZoneServers, avoid: ReadonlySet<string>, deps: AskZoneDeps) {
    this.#zone = source.zone;
    this.#avoid = avoid;
    this.#deps = deps;
    this.#unresolved = source.servers.filter(({ addresses }) => addresses.length === 0).map(({ name }) => name);
    for (const { addresses } of source.servers) for (const server of addresses) this.#add(server);
  }

  #add(server: UpstreamServer): void {
    const key = serverKey(server);
    if (this.#avoid.has(key) || this.#servers.some((known) => known.key === key)) return;
    const { address, port } = server;
    this.#servers.push({ address, port, key, tries: 0, waitedMs: 0, recursive: false, excluded: false });
  }

  /** The server to ask next; undefined when every one had its tries. */
  async next(work: Work): Promise<Tried | undefined> {
    for (;;) {
      if (work.remainingMs() <= 0) throw new BudgetExceeded('time');
      const chosen = this.#choose(false);
      if (chosen && chosen.tries === 0) return chosen;
      if (await this.#lookUpMore(work)) continue;
      return chosen ?? this.#choose(true);
    }
  }

  #choose(recursive: boolean): Tried | undefined {
    const { servers, now, randomInt } = this.#deps;
    const open = this.#servers.filter((server) => !server.excluded && server.recursive === recursive);
    const candidates = open.map((server) => {
      const { key } = server;
      const lame = servers.isLame(key, this.#zone, now()) ? LAME_PENALTY_MS : 0;
      const patienceMs = this.#servers.length > 2 ? PATIENCE_OF_MANY_MS : PATIENCE_MS;
      const maxTries = servers.isReachable(key, now()) && server.waitedMs < patienceMs ? MAX_TRIES : 1;
      return { address: key, expectedMs: servers.score(key, now()) + lame, tries: server.tries, maxTries };
    });
    const choice = chooseServer(candidates, randomInt);
    return choice && open.find(({ key }) => key === choice.address);
  }

  /** Looks up the addresses of some more server names; false when no name is left. */
  async #lookUpMore(work: Work): Promise<boolean> {
    const { addressesOf, addressFilter, upstreamPort } = this.#deps;
    if (this.#unresolved.length === 0 || this.#lookedUp >= MAX_NAMES) return false;
    const names: Name[] = [];
    const atATime = work.depth > 1 ? 1 : NAMES_AT_A_TIME;
    while (names.length < atATime && this.#unresolved.length > 0) {
      const at = this.#deps.randomInt(this.#unresolved.length);
      names.push(...this.#unresolved.splice(at, 1));
    }
    this.#lookedUp += names.length;
    const found = await Promise.all(names.map((name) => addressesOf(name, work)));
    if (found.includes(undefined)) this.limited = true;
    for (const address of found.flatMap((addresses) => addresses ?? []))
      if (isUsable(address, addressFilter)) this.#add({ address, port: upstreamPort });
    return true;
  }
}

/**
 * How long one server may be silent before its zone's question is given up: near servers are asked again after 50, 100, 200 ms, and may be
 * out for a second; of many servers each gets less.
 */
const PATIENCE_MS = 2_500;
const PATIENCE_OF_MANY_MS = 1_000;
const MAX_TRIES = 6;
/** A server known to be lame for this zone is asked last. */
const LAME_PENALTY_MS = 10_000;
