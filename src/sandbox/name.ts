/**
 * Domain names of the sandbox: labels as octet strings (latin1), leaf first, root empty. Case is kept; keys and order ignore it.
 *
 * RFCs: 1035 §3.1 (octets), 4034 §6.1 (canonical order), 4343 (case). Written a second time on purpose: the sandbox must not share a
 * mistake with the resolver that it tests.
 * Limits: `nameOf` reads host-like names only, without escapes; zone content needs no more.
 */

/** Labels of a name, the leftmost first; the root has none. */
export type Labels = readonly string[];

/** Reads a dotted name such as `mx.secure.sandbox`, with or without the final dot. */
export function nameOf(text: string): Labels {
  const trimmed = text.endsWith('.') ? text.slice(0, -1) : text;
  return trimmed === '' ? [] : trimmed.split('.');
}

/** The name as dns-packet and zone files write it: no final dot but for the root. */
export function textOf(name: Labels): string {
  return name.length === 0 ? '.' : name.join('.');
}

/** ASCII letters in lower case, other octets as they are (RFC 4343 §3). */
export function lowerCase(name: Labels): Labels {
  return name.map((label) => label.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
}

/** Uncompressed octets of the name. */
export function wireName(name: Labels): Buffer {
  return Buffer.concat([...name.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')])), Buffer.of(0)]);
}

/** Equal for names that are equal without case; a label's octets cannot be taken for a separator, for lengths are in it. */
export function keyOf(name: Labels): string {
  return wireName(lowerCase(name)).toString('latin1');
}

/** Whether `name` is `ancestor` or below it. */
export function isWithin(name: Labels, ancestor: Labels): boolean {
  return name.length >= ancestor.length && keyOf(name.slice(name.length - ancestor.length)) === keyOf(ancestor);
}

/** Canonical order (RFC 4034 §6.1): by labels from the root on, each as unsigned octets in lower case. */
export function compareNames(a: Labels, b: Labels): number {
  const left = lowerCase(a).toReversed();
  const right = lowerCase(b).toReversed();
  for (const [index, label] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (label !== other) return label < other ? -1 : 1;
  }
  return left.length - right.length;
}
