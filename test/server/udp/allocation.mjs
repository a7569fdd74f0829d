// How many octets of heap one cached answer costs a front thread, by the compiled code: prints the number. For allocation.test.ts; run with
// --expose-gc and a young generation that holds all of it, so that nothing is collected while it counts.
const dist = new URL('../../../dist/', import.meta.url).href;
const { AnswerTable } = await import(`${dist}server/udp/table-writer.js`);
const { TableReader } = await import(`${dist}server/udp/table-reader.js`);
const { Batch } = await import(`${dist}server/udp/batch.js`);
const { FrontLoop } = await import(`${dist}server/udp/front-loop.js`);
const { AddressRanges, QueryRate, rateMemory } = await import(`${dist}server/udp/clients.js`);

const NOW = 1_700_000_000;
const BATCH = 64;
const ROUNDS = 20_000;
const table = new AnswerTable(1_000_000);
const question = Buffer.from('\x04mail\x07example\x00\x00\x01\x00\x01', 'latin1');
const record = Buffer.from('\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x01', 'latin1');
table.publish(
  {
    dnssecOk: true,
    checkingDisabled: false,
    rcode: 0,
    secure: true,
    isDenial: false,
    body: Buffer.concat([question, record]),
    questionOctets: question.length,
    answers: 1,
    authorities: 0,
    ttlOffsets: [question.length + 6],
    extendedErrors: Buffer.alloc(0),
    born: NOW,
    expires: NOW + 300,
  },
  table.epoch,
);
const noAddresses = { addressOf: () => 0n };
const [received, replies] = [new Batch(noAddresses, BATCH, 4_096), new Batch(noAddresses, BATCH, 2_048)];
const query = Buffer.concat([
  Buffer.from([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]),
  question,
  Buffer.from([0, 0, 41, 4, 208, 0, 0, 128, 0, 0, 0]),
]);
for (let place = 0; place < BATCH; place++) {
  received.memory.octets.set(query, received.payloadAt(place));
  received.memory.octets.set([2, 0, 16, 0, 127, 0, 0, 1], received.nameAt(place));
  received.memory.words[place * 16 + 14] = query.length;
}
const loop = new FrontLoop(
  {
    table: new TableReader(table.memory),
    udpSize: 1_232,
    nsid: undefined,
    allowed: new AddressRanges([{ octets: Uint8Array.of(127, 0, 0, 0), length: 8 }]),
    trusted: new AddressRanges([]),
    rate: new QueryRate(rateMemory(), 1_000_000_000, 1),
    cookies: undefined,
    counts: new Float64Array(8),
    mayHandOver: () => true,
  },
  replies,
);

function serve(rounds) {
  let answered = 0;
  for (let round = 0; round < rounds; round++) answered += loop.serve(received, BATCH, NOW + 1);
  return answered;
}

serve(ROUNDS); // until it is compiled
globalThis.gc();
const before = process.memoryUsage().heapUsed;
const answered = serve(ROUNDS);
const octets = process.memoryUsage().heapUsed - before;
console.log(JSON.stringify({ answered, octetsEach: octets / answered }));
