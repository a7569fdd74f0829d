/** What the operating system says against a file or a connection, in words. */

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'it is a symbolic link',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  ENAMETOOLONG: 'its name is too long',
  ECONNREFUSED: 'nothing listens there',
  ENETUNREACH: 'there is no way to that network',
  EHOSTUNREACH: 'there is no way to that host',
  ECONNRESET: 'the connection was closed',
  TimeoutError: 'it takes too long',
};

/** The words for an error of Node, by its code or name; that itself where there are none. */
export function systemFault(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  const key = typeof code === 'string' ? code : String(name);
  return words[key] ?? key;
}
