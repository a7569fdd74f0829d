/** Root hints (RFC 9609 §2): where to find a server of the root before anything is known. A file of NS, A and AAAA records. */

import type { Name } from '../base/name.ts';
import { Class, formatType, Type } from '../base/registry.ts';
import { WireError } from '../wire/error.ts';
import { readPlainName } from '../wire/name-ref.ts';
import { formatAddress } from '../wire/rdata/address.ts';
import { ZoneTextError } from '../wire/zone-text.ts';
import { parseLinedRecords } from './lined-records.ts';

/** A server of the root zone and its addresses, as the hints name them. */
export interface RootHint {
  readonly name: Name;
  /** IP address literals; none where the hints have none. */
  readonly addresses: readonly string[];
}

/** Reads hints: the root's NS records and the addresses of their names. @param source names the text in errors @throws {ZoneTextError} with file and line */
export function parseHints(text: string, source: string): RootHint[] {
  const servers = new Map<string, Name>();
  const addresses = new Map<string, string[]>();
  for (const record of parseLinedRecords(text, source)) {
    const fail = (why: string) => new ZoneTextError(source, record.line, why);
    const { owner, type, rdata } = record;
    if (record.class !== Class.IN) throw fail('a hint is of class IN');
    try {
      if (type === Type.NS && owner.labels === 0) {
        const { name } = readPlainName(rdata, 0);
        servers.set(name.key, name);
      } else if (type === Type.A || type === Type.AAAA) {
        addresses.set(owner.key, [...(addresses.get(owner.key) ?? []), formatAddress(rdata)]);
      } else throw fail(type === Type.NS ? 'the NS records of hints are those of the root' : `a hint is no ${formatType(type)} record`);
    } catch (error) {
      throw error instanceof WireError ? fail(`the ${formatType(type)} record is malformed: ${error.message}`) : error;
    }
  }
  const hints = [...servers.values()].map((name) => ({ name, addresses: [...new Set(addresses.get(name.key))] }));
  if (!hints.some((hint) => hint.addresses.length > 0))
    throw new ZoneTextError(source, 1, 'no server of the root with an address stands here');
  return hints;
}
