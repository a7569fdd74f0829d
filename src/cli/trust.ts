/** `zeker trust`: the trust anchors as the configuration and the state file have them; asks nobody. */

import { defaultConfig, loadConfig } from '../config.ts';
import { openTrust } from '../follow-anchors.ts';
import type { KeyReport } from '../trust/report.ts';

type Print = (line: string) => void;

const columns: readonly (readonly [string, (key: KeyReport) => string])[] = [
  ['TAG', ({ keyTag }) => String(keyTag)],
  ['ALGORITHM', ({ algorithm }) => algorithm],
  ['STATE', ({ state }) => state],
  ['TRUSTED', ({ trusted }) => (trusted ? 'yes' : 'no')],
  ['ORIGIN', ({ origin }) => origin],
  ['SINCE', ({ since }) => since ?? '-'],
  ['LAST SEEN', ({ lastSeen }) => lastSeen ?? '-'],
  ['HOLD-DOWN ENDS', ({ holdDownEnds }) => holdDownEnds ?? '-'],
];

/** Prints a table a zone, or the report as JSON. */
export function trust({ config, json }: { readonly config?: string; readonly json?: boolean }, print: Print): void {
  const now = () => Math.floor(Date.now() / 1000);
  const faults: string[] = [];
  const { report } = openTrust(config === undefined ? defaultConfig() : loadConfig(config), now, (event) => {
    if (event.event === 'state-faulty') faults.push(event.fault);
  });
  const told = report();
  if (json) {
    print(JSON.stringify({ ...told, stateFault: faults[0] ?? told.stateFault }, undefined, 2));
    return;
  }
  for (const fault of faults) print(`state file: ${fault}`);
  print(told.rfc5011 ? `Keys are followed (RFC 5011); their states: ${told.stateFile ?? 'in memory alone'}` : 'Keys are not followed.');
  for (const { zone, refreshed, keys } of told.zones) {
    print(`\n${zone}${refreshed === null ? '' : `  last validated ${refreshed}`}`);
    const rows = [columns.map(([title]) => title), ...keys.map((key) => columns.map(([, of]) => of(key)))];
    const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
    for (const row of rows)
      print(
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}`,
      );
  }
}
