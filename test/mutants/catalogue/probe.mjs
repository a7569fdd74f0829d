/** Faults of the live check: certificates that match too easily, and connections that should not be made. */

const certificate = 'src/dane/certificate.ts';
const certificateTests = ['test/dane/certificate.test.ts'];
const starttls = 'src/smtp/starttls.ts';
const starttlsTests = ['test/smtp/starttls.test.ts'];

export const probeMutants = [
  {
    lesson: 'probe: DANE-TA without dates',
    file: certificate,
    find: "if (!(Date.parse(x509.validTo) >= now * 1000)) return 'certificate-expired';",
    replace: '',
    tests: certificateTests,
  },
  {
    lesson: 'probe: DANE-TA without names (RFC 7672 §3.2)',
    file: certificate,
    find: "return names.some((name) => hasName(leaf.x509, name)) ? undefined : 'certificate-name-mismatch';",
    replace: 'return names.length >= 0 ? undefined : leaf && hasName(leaf.x509, "") ? undefined : "certificate-name-mismatch";',
    tests: certificateTests,
  },
  {
    lesson: 'probe: DANE-TA where any certificate issues (basic constraints)',
    file: certificate,
    find: "if (depth > 0 && !x509.ca) return 'issuer-not-ca';",
    replace: '',
    tests: certificateTests,
  },
  {
    lesson: 'probe: DANE-TA by the name of the issuer, without its signature',
    file: certificate,
    find: 'const above = verifies(top, () => issuer.x509.publicKey) ? climb([...path, issuer]) : undefined;',
    replace: 'const above = climb([...path, issuer]);',
    tests: certificateTests,
  },
  {
    lesson: 'probe: a trust anchor that is sent and leads nowhere',
    file: certificate,
    find: 'const found = climb([leaf]);',
    replace: 'const found = climb([leaf]) ?? climb([leaf, ...others]);',
    tests: certificateTests,
  },
  {
    lesson: 'probe: a reference identifier with a leading dot matches any name below (X509_check_host)',
    file: certificate,
    find: String.raw`!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name)`,
    replace: 'name === ""',
    tests: certificateTests,
  },
  {
    lesson: 'probe: partial wildcards (RFC 7672 §3.2.3)',
    file: certificate,
    find: 'partialWildcards: false',
    replace: 'partialWildcards: true',
    tests: certificateTests,
  },
  {
    lesson: 'probe: signatures of a chain without count',
    file: certificate,
    find: 'signatures < chainLimits.signatures && ++signatures > 0 && isSignedBy(certificate, key)',
    replace: 'isSignedBy(certificate, key)',
    tests: certificateTests,
    hang: true,
  },
  {
    lesson: 'probe: STARTTLS response injection (CVE-2011-0411)',
    file: starttls,
    find: "return rest > 0 ? { fault: 'clear-text-after-starttls' } : { ready: true };",
    replace: 'return { ready: true };',
    tests: starttlsTests,
  },
  {
    lesson: 'probe: TLS that never ends',
    file: starttls,
    find: "const timer = setTimeout(() => end({ fault: 'timeout' }), timeoutMs);",
    replace: "const timer = setTimeout(() => tls ?? end({ fault: 'timeout' }), timeoutMs);",
    tests: starttlsTests,
    hang: true,
  },
  {
    lesson: 'probe: a greeting without end',
    file: 'src/smtp/reply.ts',
    find: 'octets > limits.octets || line.length + end - start > limits.lineOctets',
    replace: 'octets > limits.octets',
    tests: ['test/smtp/reply.test.ts'],
  },
  {
    lesson: 'probe: SSRF through an IPv4-mapped address',
    file: 'src/smtp/address-filter.ts',
    find: 'if (isMapped(address)) return false;',
    replace: '',
    tests: ['test/smtp/address-filter.test.ts'],
  },
  {
    lesson: 'probe: SSRF, addresses of this machine',
    file: 'src/smtp/address-filter.ts',
    find: 'special.has(address) || ownAddresses().some((own) => isSame(own, address))',
    replace: 'special.has(address)',
    tests: ['test/smtp/address-filter.test.ts'],
  },
  {
    lesson: 'probe: the filter is not asked',
    file: 'src/dane/probe.ts',
    find: "if (!deps.mayConnect(ip)) return { ...unconnected, error: 'address-not-allowed' };",
    replace: '',
    tests: ['test/dane/probe.test.ts'],
  },
  {
    lesson: 'probe: a host that cannot be reached has failed its certificate',
    file: 'src/dane/probe.ts',
    find: "{ certificate: 'unreachable' }",
    replace: "{ certificate: 'failed' }",
    tests: ['test/dane/probe.test.ts'],
  },
  {
    lesson: 'probe: any token opens it',
    file: 'src/http/token-gate.ts',
    find: 'if (!timingSafeEqual(wanted, digest(given)))',
    replace: 'if (given.length === 0)',
    tests: ['test/http/probe-gate.test.ts'],
  },
];
