/** Records of a file with the line that each began on, for errors that can be found again. */

import { parseZoneText, type ZoneRecord } from '../wire/zone-text.ts';
import { splitEntries } from '../wire/zone-tokens.ts';

export interface LinedRecord extends ZoneRecord {
  readonly line: number;
}

/** As `parseZoneText`, with lines. @throws {ZoneTextError} */
export function parseLinedRecords(text: string, source: string): LinedRecord[] {
  const records = parseZoneText(text, source);
  // Every entry but a directive is one record, in order.
  const entries = splitEntries(text, source).filter(
    ({ ownerOmitted, tokens: [first] }) => ownerOmitted || first?.quoted || !first?.text.startsWith('$'),
  );
  return records.map((record, i) => ({ ...record, line: entries[i]?.line ?? 1 }));
}
