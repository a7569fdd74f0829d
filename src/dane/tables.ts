/**
 * The decision tables of the mail appliance (Cisco ESA, "DANE Mandatory" with 15 rows and "DANE Opportunistic" with 14), row by row as
 * its manual prints them, and the rows that it lacks, which are ours. Row numbers are those of the mandatory table; the opportunistic one
 * has a single row, 8, where the mandatory one has 8 and 9.
 */

import type { CertificateState, CiscoVerdict, LookupStatus, OwnRowName } from './verdicts.ts';

/** The MX column. A denied MX is the implicit MX of RFC 5321 §5.1, read with the state of its denial. */
export type MxColumn =
  | 'secure'
  | 'insecure'
  | 'bogus'
  | 'indeterminate'
  | 'implicit-secure'
  | 'implicit-insecure'
  | 'null-mx'
  | 'no-such-domain';
/** The A column; `target-invalid`: the MX host is no host name, so nothing was looked up. */
export type AddressColumn = LookupStatus | 'target-invalid';
/** The TLSA column; `unusable`: secure, but no record may be used. */
export type TlsaColumn = LookupStatus | 'unusable';

/** A column that is left out was not looked at, and matches whatever stands there. */
export interface TableRow {
  readonly row: number;
  readonly mx: 'secure' | 'insecure' | 'bogus';
  readonly a?: 'secure' | 'insecure' | 'bogus';
  readonly tlsa?: 'secure' | 'insecure' | 'nxdomain' | 'bogus';
  readonly certificate?: 'success' | 'failed';
  readonly verdict: 'dane-success' | 'dane-fail' | 'opportunistic-tls';
}

/** "DANE Mandatory": only the first row delivers. */
export const mandatoryTable: readonly TableRow[] = [
  { row: 1, mx: 'secure', a: 'secure', tlsa: 'secure', certificate: 'success', verdict: 'dane-success' },
  { row: 2, mx: 'secure', a: 'secure', tlsa: 'secure', certificate: 'failed', verdict: 'dane-fail' },
  { row: 3, mx: 'secure', a: 'secure', tlsa: 'insecure', verdict: 'dane-fail' },
  { row: 4, mx: 'secure', a: 'secure', tlsa: 'nxdomain', verdict: 'dane-fail' },
  { row: 5, mx: 'secure', a: 'secure', tlsa: 'bogus', verdict: 'dane-fail' },
  { row: 6, mx: 'secure', a: 'insecure', verdict: 'dane-fail' },
  { row: 7, mx: 'secure', a: 'bogus', verdict: 'dane-fail' },
  { row: 8, mx: 'insecure', a: 'secure', tlsa: 'secure', certificate: 'success', verdict: 'dane-fail' },
  { row: 9, mx: 'insecure', a: 'secure', tlsa: 'secure', certificate: 'failed', verdict: 'dane-fail' },
  { row: 10, mx: 'insecure', a: 'secure', tlsa: 'insecure', verdict: 'dane-fail' },
  { row: 11, mx: 'insecure', a: 'secure', tlsa: 'nxdomain', verdict: 'dane-fail' },
  { row: 12, mx: 'insecure', a: 'secure', tlsa: 'bogus', verdict: 'dane-fail' },
  { row: 13, mx: 'insecure', a: 'insecure', verdict: 'dane-fail' },
  { row: 14, mx: 'insecure', a: 'bogus', verdict: 'dane-fail' },
  { row: 15, mx: 'bogus', verdict: 'dane-fail' },
];

/** "DANE Opportunistic". Its `dane-fail` does not deliver either: such mail waits in the queue until the bounce timer ends. */
export const opportunisticTable: readonly TableRow[] = [
  { row: 1, mx: 'secure', a: 'secure', tlsa: 'secure', certificate: 'success', verdict: 'dane-success' },
  { row: 2, mx: 'secure', a: 'secure', tlsa: 'secure', certificate: 'failed', verdict: 'dane-fail' },
  { row: 3, mx: 'secure', a: 'secure', tlsa: 'insecure', verdict: 'opportunistic-tls' },
  { row: 4, mx: 'secure', a: 'secure', tlsa: 'nxdomain', verdict: 'opportunistic-tls' },
  { row: 5, mx: 'secure', a: 'secure', tlsa: 'bogus', verdict: 'dane-fail' },
  { row: 6, mx: 'secure', a: 'insecure', verdict: 'opportunistic-tls' },
  { row: 7, mx: 'secure', a: 'bogus', verdict: 'dane-fail' },
  { row: 8, mx: 'insecure', a: 'secure', tlsa: 'secure', verdict: 'opportunistic-tls' },
  { row: 10, mx: 'insecure', a: 'secure', tlsa: 'insecure', verdict: 'opportunistic-tls' },
  { row: 11, mx: 'insecure', a: 'secure', tlsa: 'nxdomain', verdict: 'opportunistic-tls' },
  { row: 12, mx: 'insecure', a: 'secure', tlsa: 'bogus', verdict: 'dane-fail' },
  { row: 13, mx: 'insecure', a: 'insecure', verdict: 'opportunistic-tls' },
  { row: 14, mx: 'insecure', a: 'bogus', verdict: 'dane-fail' },
  { row: 15, mx: 'bogus', verdict: 'dane-fail' },
];

/** A row that neither table has. */
export interface OwnRow {
  readonly row: OwnRowName;
  readonly mx?: MxColumn;
  readonly a?: AddressColumn;
  readonly tlsa?: TlsaColumn;
  readonly certificate?: 'unreachable';
  readonly mandatory: CiscoVerdict;
  readonly opportunistic: CiscoVerdict;
}

/** Ours, not the appliance's: what RFC 7672 §2.1.2 and §2.2, RFC 7505 and RFC 5321 §5.1 say where its tables are silent. */
export const ownRows: readonly OwnRow[] = [
  { row: 'null-mx', mx: 'null-mx', mandatory: 'bounce', opportunistic: 'bounce' },
  { row: 'no-such-domain', mx: 'no-such-domain', mandatory: 'bounce', opportunistic: 'bounce' },
  { row: 'mx-lookup-error', mx: 'indeterminate', mandatory: 'delay', opportunistic: 'delay' },
  { row: 'target-invalid', a: 'target-invalid', mandatory: 'delay', opportunistic: 'delay' },
  { row: 'address-lookup-error', a: 'indeterminate', mandatory: 'delay', opportunistic: 'delay' },
  { row: 'no-address', a: 'nxdomain', mandatory: 'delay', opportunistic: 'delay' },
  { row: 'tlsa-lookup-error', tlsa: 'indeterminate', mandatory: 'delay', opportunistic: 'delay' },
  { row: 'unusable-tlsa', mx: 'secure', tlsa: 'unusable', mandatory: 'delay', opportunistic: 'tls-required' },
  { row: 'unusable-tlsa', mx: 'insecure', tlsa: 'unusable', mandatory: 'delay', opportunistic: 'opportunistic-tls' },
  // A certificate that nobody could look at has neither failed nor succeeded.
  { row: 'host-unreachable', tlsa: 'secure', certificate: 'unreachable', mandatory: 'delay', opportunistic: 'delay' },
];

/** Ours: a denied MX makes the domain its own host (RFC 7672 §2.2.2), and the tables are read as if the MX had the state of the denial. */
export const implicitMx = { 'implicit-secure': 'secure', 'implicit-insecure': 'insecure' } as const satisfies Partial<
  Record<MxColumn, MxColumn>
>;

export interface TableVerdict {
  /** Number of the row that decided, or the name of a row of ours. */
  readonly row: number | OwnRowName;
  readonly mandatory: CiscoVerdict;
  readonly opportunistic: CiscoVerdict;
}

/**
 * What both tables say of these columns. An unchecked certificate is read as one that matches, and the verdict says so.
 * @param a undefined where the MX column decides alone
 * @param tlsa undefined where it was not looked up
 */
export function lookupRow(
  mx: MxColumn,
  a: AddressColumn | undefined,
  tlsa: TlsaColumn | undefined,
  certificate: CertificateState,
): TableVerdict {
  const readMx = mx === 'implicit-secure' || mx === 'implicit-insecure' ? implicitMx[mx] : mx;
  const readCertificate = certificate === 'not-checked' ? 'success' : certificate;
  const fits = (row: TableRow | OwnRow): boolean =>
    (row.mx === undefined || row.mx === readMx) &&
    (row.a === undefined || row.a === a) &&
    (row.tlsa === undefined || row.tlsa === tlsa) &&
    (row.certificate === undefined || row.certificate === readCertificate);
  const mandatory = mandatoryTable.find(fits);
  const opportunistic = opportunisticTable.find(fits);
  if (mandatory && opportunistic)
    return {
      row: mandatory.row,
      mandatory: condition(mandatory.verdict, certificate),
      opportunistic: condition(opportunistic.verdict, certificate),
    };
  const own = ownRows.find(fits);
  if (!own) throw new Error(`no row for MX ${mx}, A ${a}, TLSA ${tlsa}`);
  return { row: own.row, mandatory: own.mandatory, opportunistic: own.opportunistic };
}

function condition(verdict: CiscoVerdict, certificate: CertificateState): CiscoVerdict {
  return verdict === 'dane-success' && certificate === 'not-checked' ? 'dane-success-if-certificate-matches' : verdict;
}
