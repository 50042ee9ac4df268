/** A lock file of npm, as far as it matters here. */
export interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly optional?: boolean }>
  >;
}

/** Whether what npm says it installed is what the lock asks for. What is optional may be missing. */
export function isAsLocked(wanted: Lock, installed: Lock | undefined): boolean {
  if (installed === undefined) return false;
  return Object.entries(wanted.packages).every(([path, { version, optional }]) => {
    const found = installed.packages[path];
    if (path === '') return true;
    return found === undefined ? optional === true : found.version === version;
  });
}
