/** What can be wrong with octets off the wire. */
export type WireFault =
  | 'truncated' // the message, or the RDATA, ends before the field does
  | 'pointer' // a compression pointer that does not point to prior octets, or too many of them
  | 'label-type' // neither a label nor a pointer (RFC 6891 §5 retired the others)
  | 'name-too-long'
  | 'rdata-length' // RDLENGTH disagrees with what the type's format says
  | 'too-many-records' // more records than the limit on one message
  | 'opt' // an OPT record out of place, twice, or malformed (RFC 6891 §6.1)
  | 'too-long'; // more octets than a message may have, or than its names may unfold to

/** Octets that are no DNS message, or no RDATA of their type. The one error class of this layer; caught where the packet came in. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly fault: WireFault;
  /** Octet where it went wrong, from the start of the message or of the RDATA. */
  readonly offset: number;
  constructor(fault: WireFault, offset: number) {
    super(`${fault} at octet ${offset}`);
    this.fault = fault;
    this.offset = offset;
  }
}
