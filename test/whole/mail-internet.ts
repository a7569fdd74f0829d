/** A signed root zone that holds mail domains as a test needs them: what the sandbox cannot, since its mail hosts do not exist. */

import { startAuthority } from '../../src/sandbox/authority.ts';
import { createKey, delegationSigner } from '../../src/sandbox/keys.ts';
import { nameOf } from '../../src/sandbox/name.ts';
import { buildZone } from '../../src/sandbox/zone.ts';

export interface MailInternet {
  readonly port: number;
  readonly hints: string;
  readonly anchors: string;
  stop(): Promise<void>;
}

/** @param records lines of the root zone, names relative to it @param address loopback address of its one server */
export async function startMailInternet(address: string, records: readonly string[]): Promise<MailInternet> {
  const key = await createKey(13, 257);
  const zone = buildZone(
    { apex: '.', servers: ['ns'], signing: { algorithm: 13 }, records },
    { keys: { ksk: key, zsk: key }, delegations: [], addresses: [{ name: nameOf('ns'), address }], now: Math.floor(Date.now() / 1000) },
  );
  const server = await startAuthority({ address, port: 0, zones: [zone], fault: () => undefined, onQuery: () => {} });
  const ds = delegationSigner([], key);
  return {
    port: server.port,
    hints: `. 3600000 IN NS ns.\nns. 3600000 IN A ${address}\n`,
    anchors: `. 3600 IN DS ${ds.readUInt16BE(0)} ${ds[2]} ${ds[3]} ${ds.subarray(4).toString('hex').toUpperCase()}\n`,
    stop: () => server.stop(),
  };
}
