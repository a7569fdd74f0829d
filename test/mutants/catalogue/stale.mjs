/** Faults in what is given past its TTL. */

const scenario = ['test/scenario/stale.test.ts'];
const file = 'src/resolver/stale.ts';

export const staleMutants = [
  {
    lesson: 'stale: given though its signature has ended',
    file,
    find: 'Math.max(0, serialDistance(moment, rrsig.expiration))',
    replace: '30',
    tests: scenario,
  },
  {
    lesson: 'stale: the signatures of proofs are not looked at',
    file,
    find: 'signedFor(rrsetsOf(entry), this.#deps.signatureTime())',
    replace: 'signedFor(rrsetsOf(entry).slice(0, 1), this.#deps.signatureTime())',
    tests: scenario,
  },
  {
    lesson: 'stale: for any failure, spent limits too',
    file,
    find: 'isFailed(step) && isUnfetched(step)',
    replace: 'isFailed(step)',
    tests: scenario,
  },
  { lesson: 'stale: of any age', file, find: 'expires + this.#deps.maxAge - now', replace: '30', tests: scenario },
  { lesson: 'stale: the oldest counts', file, find: 'b.received - a.received', replace: 'a.received - b.received', tests: scenario },
  {
    lesson: 'stale: an NXDOMAIN above ends nothing',
    file,
    find: 'if (!isNameError && isEnded(denials.recallNameError(above, now))) return undefined;',
    replace: '',
    tests: scenario,
  },
  {
    lesson: 'stale: a DNAME above ends nothing',
    file,
    find: 'if (isEnded(rrsets.recall(above, Type.DNAME, now))) return undefined;',
    replace: '',
    tests: scenario,
  },
  { lesson: 'stale: keys and delegations too', file, find: 'neverStale.has(type) || ', replace: '', tests: scenario },
  {
    lesson: 'stale: what a negative trust anchor let pass',
    file,
    find: "validation.reason === 'negative-trust-anchor' ? 0 : left",
    replace: 'left',
    tests: scenario,
  },
  {
    lesson: 'stale: no pause between attempts',
    file,
    find: '    if (known) return { link: known, rest: undefined };\n',
    replace: '',
    tests: scenario,
  },
  {
    lesson: 'CVE-2022-3924: any number of resolutions behind clients that were answered',
    file,
    find: 'this.#behind.size < MAX_BEHIND',
    replace: 'true',
    tests: ['test/resolver/stale.test.ts'],
  },
  {
    lesson: 'stale: a bogus answer leaves what was known',
    file: 'src/resolver/judge.ts',
    find: '      this.#deps.store.dropExpired(name, type, this.#deps.now());\n',
    replace: '',
    tests: scenario,
  },
  {
    lesson: 'stale: a denial made of proofs leaves what was known',
    file: 'src/resolver/judge.ts',
    find: '    store.dropExpired(name, type, now());\n',
    replace: '',
    tests: scenario,
  },
  {
    lesson: 'stale: an answer with TTL 0 leaves what was known',
    file: 'src/resolver/link-store.ts',
    find: 'if (validation && isServable(validation)) this.dropExpired(name, type, now);',
    replace: '',
    tests: scenario,
  },
  {
    lesson: 'stale: for everybody, the DANE check too',
    file: 'src/resolver/resolver.ts',
    find: 'options.acceptsStale ? stale : undefined',
    replace: 'stale',
    tests: scenario,
  },
];
