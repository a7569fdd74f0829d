/** Faults in what is made of cached NSEC3 records. */

const file = 'src/resolver/synthesise-nsec3.ts';
const scenario = ['test/scenario/synthesis-nsec3.test.ts'];
const unit = ['test/resolver/synthesise-nsec3.test.ts'];
const index = ['test/cache/denial-index.test.ts'];

export const synthesisMutants = [
  { lesson: 'nsec3-synthesis: opt-out records are used', file, find: 'record.optOut || ', replace: '', tests: scenario },
  { lesson: 'nsec3-synthesis: a name may cost any number of hashes', file, find: 'most > MAX_HASHES_A_NAME || ', replace: '', tests: unit },
  {
    lesson: 'nsec3-synthesis: a query may cost any number of hashes',
    file,
    find: ' || before + most > MAX_HASHES_A_QUERY',
    replace: '',
    tests: unit,
  },
  {
    lesson: 'nsec3-synthesis: hashes are not charged',
    file,
    find: "      spend('nsec3Hashes', parameters.iterations + 1);\n",
    replace: '',
    tests: unit,
  },
  {
    lesson: 'nsec3-synthesis: records of two chains side by side',
    file: 'src/cache/denial-index.ts',
    find: '!spans.nsec3 || !sameParameters(spans.nsec3.parameters, parameters)',
    replace: '!spans.nsec3',
    tests: index,
  },
  {
    lesson: 'nsec3-synthesis: octets of a chain that went are counted for ever',
    file: 'src/cache/denial-index.ts',
    find: 'gone.push(...(spans.nsec3?.records ?? []));',
    replace: '',
    tests: index,
  },
  {
    lesson: 'nsec3-synthesis: any number of records',
    file: 'src/cache/denial-index.ts',
    find: 'same, MAX_NSEC3)',
    replace: 'same, 9_999)',
    tests: index,
  },
];
