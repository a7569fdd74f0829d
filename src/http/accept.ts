/** Which form of an answer a client wants (RFC 9110 §12.5.1). */

/** Whether the Accept header ranks text/plain over application/json. A tie, and a header that is missing or unreadable, means JSON. */
export function prefersText(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > 1000) return false;
  const weights = new Map(accept.split(',').map(readRange));
  const weightOf = (type: string, anyOfIt: string) => weights.get(type) ?? weights.get(anyOfIt) ?? weights.get('*/*') ?? 0;
  return weightOf('text/plain', 'text/*') > weightOf('application/json', 'application/*');
}

function readRange(range: string): readonly [type: string, weight: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return [type, weight >= 0 && weight <= 1 ? weight : 0];
}
