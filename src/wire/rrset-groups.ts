/** Records of one section gathered into RRsets (RFC 2181 §5), in the order in which each RRset first appears. */

import type { Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';

/** An RRset that still grows. */
export interface Group extends RRset {
  ttl: number;
  rdata: Uint8Array[];
  signatures: Uint8Array[];
}

/** So many are looked through one by one, which for a common section is quicker than to begin a map. */
const FEW = 8;

export class RRsetGroups {
  /** Of more than a few. Two maps deep, so that no key is put together: a hostile message has a thousand long owners. */
  readonly #byOwner = new Map<string, Map<number, Group>>();
  readonly #inOrder: Group[] = [];

  find(owner: Name, type: number, klass: number): Group | undefined {
    if (this.#inOrder.length > FEW) return this.#byOwner.get(owner.key)?.get(klass * 0x10000 + type);
    return this.#inOrder.find((group) => group.type === type && group.class === klass && group.owner.key === owner.key);
  }

  /** The RRset of this owner, type and class; begun with this TTL where there is none yet. */
  open(owner: Name, type: number, klass: number, ttl: number): Group {
    const known = this.find(owner, type, klass);
    if (known) return known;
    const group: Group = { owner, type, class: klass, ttl, rdata: [], signatures: [] };
    this.#inOrder.push(group);
    if (this.#inOrder.length > FEW + 1) this.#enter(group);
    else if (this.#inOrder.length > FEW) for (const one of this.#inOrder) this.#enter(one);
    return group;
  }

  #enter(group: Group): void {
    const { owner, type, class: klass } = group;
    const ofOwner = this.#byOwner.get(owner.key) ?? new Map<number, Group>();
    this.#byOwner.set(owner.key, ofOwner.set(klass * 0x10000 + type, group));
  }

  /** All RRsets, exact duplicates of records gone (RFC 2181 §5). They may not grow any more. */
  finish(): RRset[] {
    for (const group of this.#inOrder) {
      group.rdata = distinct(group.rdata);
      group.signatures = distinct(group.signatures);
    }
    return this.#inOrder;
  }
}

/** Not quadratic, for an RRset may have thousands of records. */
function distinct(records: Uint8Array[]): Uint8Array[] {
  if (records.length < 2) return records;
  const seen = new Set<string>();
  return records.filter((rdata) => {
    const before = seen.size;
    return seen.add(Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString('latin1')).size > before;
  });
}
