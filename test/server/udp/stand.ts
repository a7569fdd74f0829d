/** A front loop without sockets: batches in plain memory, an answer table, and the service behind it on a resolver that says what it is told. */

import { addressOctets } from '../../../src/base/address.ts';
import { parsePrefixOctets } from '../../../src/base/prefix.ts';
import type { Resolution } from '../../../src/resolver/resolution.ts';
import { Batch } from '../../../src/server/udp/batch.ts';
import { AddressRanges, QueryRate, rateMemory } from '../../../src/server/udp/clients.ts';
import { Count, FrontLoop } from '../../../src/server/udp/front-loop.ts';
import { Socket } from '../../../src/server/udp/libc.ts';
import { TableReader } from '../../../src/server/udp/table-reader.ts';
import { AnswerTable } from '../../../src/server/udp/table-writer.ts';
import type { AnswerDeps } from '../../../src/service/answer.ts';
import { answerOf } from '../../service/fake.ts';

export const NOW = 1_700_000_000;

export interface StandOptions {
  readonly allowed?: readonly string[];
  readonly trusted?: readonly string[];
  readonly queriesPerSecond?: number;
  readonly mayHandOver?: () => boolean;
  readonly octets?: number;
  /** Of the service and the front alike. */
  readonly deps?: Pick<AnswerDeps, 'nsid' | 'cookies' | 'prefetch' | 'trustsRootKey'>;
}

/** Nobody looks: there is no system behind it. */
const noAddresses = { addressOf: () => 0n };

export class Stand {
  readonly table: AnswerTable;
  readonly counts = new Float64Array(Count.LENGTH);
  readonly loop: FrontLoop;
  readonly #received = new Batch(noAddresses, 4, 4_096);
  readonly #replies = new Batch(noAddresses, 4, 2_048);
  readonly #deps: NonNullable<StandOptions['deps']>;

  constructor({ allowed = ['0.0.0.0/0', '::/0'], trusted = [], queriesPerSecond = 0, mayHandOver, octets, deps = {} }: StandOptions = {}) {
    this.table = new AnswerTable(octets ?? 1_000_000, 7);
    this.#deps = deps;
    this.loop = new FrontLoop(
      {
        table: new TableReader(this.table.memory),
        udpSize: 1_232,
        nsid: deps.nsid === undefined ? undefined : Buffer.from(deps.nsid),
        allowed: new AddressRanges(allowed.map(parsePrefixOctets)),
        trusted: new AddressRanges(trusted.map(parsePrefixOctets)),
        rate: new QueryRate(rateMemory(), queriesPerSecond, 7),
        cookies: deps.cookies,
        counts: this.counts,
        mayHandOver: mayHandOver ?? (() => true),
      },
      this.#replies,
    );
  }

  /** What the service says of a query to which the resolver has this answer; it keeps it in the table where it should. */
  service(resolution: Resolution, query: Uint8Array, { now = NOW, address = '192.0.2.7' } = {}): Promise<Uint8Array | undefined> {
    const answer = answerOf(resolution, { ...this.#deps, finished: this.table, clock: () => now });
    return answer(query, { address, transport: 'udp' });
  }

  /** What the front says of a query by itself; `miss` where it leaves it to the service, undefined where it says nothing. */
  front(query: Uint8Array, { now = NOW, address = '192.0.2.7', port = 4_000 } = {}): Buffer | 'miss' | undefined {
    const batch = this.#received;
    const { octets, words } = batch.memory;
    const ipv6 = address.includes(':');
    const name = batch.nameAt(0);
    octets[name] = ipv6 ? Socket.AF_INET6 : Socket.AF_INET;
    octets[name + 2] = port >> 8;
    octets[name + 3] = port & 0xff;
    octets.set(addressOctets(address), name + (ipv6 ? 8 : 4));
    octets.set(query.subarray(0, 4_096), batch.payloadAt(0));
    words[14] = Math.min(query.length, 4_096);
    words[12] = query.length > 4_096 ? Socket.MSG_TRUNC : 0;
    const replies = this.loop.serve(batch, 1, now);
    if (this.loop.misses > 0) return 'miss';
    if (replies === 0) return undefined;
    const length = Number(this.#replies.octets.readBigUInt64LE(4 * 64 + 8)); // of the first iovec
    const at = this.#replies.payloadAt(0);
    return Buffer.from(this.#replies.octets.subarray(at, at + length));
  }
}
