/** The part of `package-lock.json`, version 3, that tells where a package comes from. */
export interface Lockfile {
  packages: Record<
    string,
    { version?: string; link?: boolean; inBundle?: boolean; integrity?: string; resolved?: string }
  >;
}

/**
 * The packages that `npm ci` would install whatever their bytes are, by their place in the lockfile. Two kinds have no
 * digest because nothing is fetched for them: the workspaces (the root, their folders, and the links to them), and what
 * another package carries inside its own archive.
 */
export function withoutIntegrity({ packages }: Lockfile): string[] {
  return Object.entries(packages)
    .filter(([place, entry]) => place.includes('node_modules/') && !entry.link && !entry.inBundle)
    .filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
    .map(([place, { version }]) => `${place} ${version}`);
}
