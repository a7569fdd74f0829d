/** Queries that a front thread leaves to the resolver thread: those of one batch and socket in one message, each with where it came from. */

import type { Batch } from './batch.ts';
import { CONTROL_OCTETS, NAME_OCTETS } from './batch.ts';

/** As posted by a front thread; `octets` is handed over. */
export interface Misses {
  readonly socket: number;
  readonly count: number;
  readonly octets: ArrayBuffer;
}

export interface Miss {
  readonly query: Uint8Array;
  /** struct sockaddr of the client. */
  readonly name: Uint8Array;
  /** Ancillary data: what address was asked. */
  readonly control: Uint8Array;
}

const HEAD_OCTETS = 12 + NAME_OCTETS + CONTROL_OCTETS;

/** Packs the queries at `places` of a batch. */
export function packMisses(socket: number, batch: Batch, places: readonly number[], count: number): Misses {
  let size = 0;
  for (let i = 0; i < count; i++) size += HEAD_OCTETS + batch.received(places[i] as number);
  const packed = Buffer.from(new ArrayBuffer(size));
  let at = 0;
  for (let i = 0; i < count; i++) {
    const place = places[i] as number;
    packed.writeUInt32LE(batch.received(place), at);
    packed.writeUInt32LE(batch.nameOctets(place), at + 4);
    packed.writeUInt32LE(batch.controlOctets(place), at + 8);
    batch.octets.copy(packed, at + 12, batch.nameAt(place), batch.nameAt(place) + NAME_OCTETS);
    batch.octets.copy(packed, at + 12 + NAME_OCTETS, batch.controlAt(place), batch.controlAt(place) + CONTROL_OCTETS);
    at += HEAD_OCTETS;
    at += batch.octets.copy(packed, at, batch.payloadAt(place), batch.payloadAt(place) + batch.received(place));
  }
  return { socket, count, octets: packed.buffer as ArrayBuffer };
}

/** Each in memory of its own: one query that takes long is not to hold all the others that came with it. */
export function unpackMisses({ octets, count }: Misses): Miss[] {
  const packed = Buffer.from(octets);
  const copy = (from: number, length: number) => new Uint8Array(packed.subarray(from, from + length));
  const misses: Miss[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    const length = packed.readUInt32LE(at);
    const name = copy(at + 12, packed.readUInt32LE(at + 4));
    const control = copy(at + 12 + NAME_OCTETS, packed.readUInt32LE(at + 8));
    misses.push({ query: copy(at + HEAD_OCTETS, length), name, control });
    at += HEAD_OCTETS + length;
  }
  return misses;
}
