/** Queries as octets, by dns-packet, and the lists of them that dnsperf reads. */

import { writeFileSync } from 'node:fs';
import dnsPacket from 'dns-packet';

const flag = { RD: 0x0100, AD: 0x0020, CD: 0x0010 };

/** One query, EDNS with 1232 octets. AD is asked for where DO is not, so that the verdict shows either way (RFC 6840 §5.7). */
export function encodeQuery({ qname, type }, { dnssecOk = false, checkingDisabled = false, id = 0 } = {}) {
  return dnsPacket.encode({
    type: 'query',
    id,
    flags: flag.RD | (dnssecOk ? 0 : flag.AD) | (checkingDisabled ? flag.CD : 0),
    questions: [{ name: qname === '.' ? '.' : qname.slice(0, -1), type, class: 'IN' }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: dnssecOk ? dnsPacket.DNSSEC_OK : 0, options: [] }],
  });
}

/** In an order that looks random and is the same each time (Fisher and Yates, numbers by a linear congruence of Numerical Recipes). */
export function shuffle(list) {
  const shuffled = [...list];
  let state = 20_260_101;
  for (let i = shuffled.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (i + 1));
    [shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]];
  }
  return shuffled;
}

/** Of a list by zones, one half. Leaf zones come in patterns of powers of two: whole runs of them go by turns to either half. */
export function ofHalf(list, half) {
  return list.filter((_, i) => (i >> 5) % 2 === half);
}

/** Writes queries as dnsperf reads them with -B: each behind its length in two octets. */
export function writeQueryFile(file, queries) {
  writeFileSync(file, Buffer.concat(queries.flatMap((query) => [Buffer.of(query.length >> 8, query.length & 0xff), query])));
  return file;
}
