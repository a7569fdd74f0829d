/** Faults in reading and writing octets. */

export const wireMutants = [
  {
    lesson: 'compression pointers forwards: a walk without end',
    file: 'src/wire/name-ref.ts',
    find: 'if (target >= floor || ++hops > MAX_LABELS) throw',
    replace: 'if (++hops > MAX_LABELS) throw',
    tests: ['test/wire/name-ref.test.ts'],
    hang: true,
  },
  {
    lesson: 'CVE-2026-42944, CVE-2026-41292: EDNS options without bound',
    file: 'src/wire/read-message.ts',
    find: 'options.length === MAX_OPTIONS || ',
    replace: '',
    tests: ['test/wire/hostile.test.ts', 'test/wire/read-message.test.ts'],
  },
  {
    lesson: 'CVE-2024-8508, CVE-2026-44390, CVE-2026-96405, RUSTSEC-2026-0119: compression work without bound',
    file: 'src/wire/compose.ts',
    find: 'this.#lookups--;',
    replace: '',
    tests: ['test/wire/compose.test.ts', 'test/wire/hostile.test.ts'],
  },
  {
    lesson: 'CVE-2026-56416: canonical form past the end of RDATA',
    file: 'src/wire/canonical.ts',
    // Without its look at the end of a label alone the walk ends as well, one octet later: this is the check that all of it comes down to.
    find: 'if (at > copy.length) return rdata;',
    replace: '',
    tests: ['test/wire/canonical.test.ts'],
  },
  {
    lesson: 'CVE-2023-4408: names unfolded without bound',
    file: 'src/wire/read-message.ts',
    find: "if (reading.left < 0) throw new WireError('too-long', at);",
    replace: '',
    tests: ['test/wire/hostile.test.ts', 'test/wire/read-message.test.ts'],
  },
  {
    lesson: 'CVE-2023-4408: records without bound',
    file: 'src/wire/message-index.ts',
    find: "if (header.questions + records > MAX_RECORDS) throw new WireError('too-many-records', 4);",
    replace: '',
    tests: ['test/wire/hostile.test.ts', 'test/wire/read-message.test.ts'],
  },
  {
    lesson: 'CVE-2026-10822: a name read past the end of RDATA',
    file: 'src/wire/name-ref.ts',
    // Both looks at once: each of them alone refuses what the other lets pass.
    find: `const octet = octetAt(rdata, at);
    if (octet > 63) throw new WireError('label-type', at);
    at += octet + 1;
    if (at > rdata.length) throw new WireError('truncated', at);`,
    replace: `const octet = rdata[at] ?? 0;
    if (octet > 63) throw new WireError('label-type', at);
    at += octet + 1;`,
    tests: ['test/wire/rdata-dnssec.test.ts'],
  },
  {
    lesson: 'CVE-2026-81634, CVE-2026-81642: compressed names in RDATA that is hashed',
    file: 'src/wire/name-ref.ts',
    find: 'const octet = octetAt(rdata, at);\n    if (octet > 63) throw',
    replace: 'const octet = octetAt(rdata, at);\n    if (octet > 255) throw',
    tests: ['test/wire/name-ref.test.ts'],
  },
  {
    lesson: 'CVE-2024-1931: EDE text not cut',
    file: 'src/wire/ede.ts',
    find: ".slice(0, MAX_TEXT_CHARACTERS).join('')",
    replace: ".join('')",
    tests: ['test/wire/ede.test.ts'],
  },
];
