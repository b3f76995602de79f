// Owns reading what SHOW GRANTS says: which rights an account has in one database, and whether it has too many.
// It repeats none of its text, where there may be the hash of a password.

export interface Rights {
  /** Upper case; `ALL` stands for every one of them. */
  readonly here: ReadonlySet<string>;
  /** On every database, and of the kind that administrates the server. */
  readonly overServer: boolean;
  /** What a role gives is not listed. */
  readonly hasRoles: boolean;
}

export const dailyRights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
export const migrationRights = ['CREATE', 'ALTER', 'INDEX', 'DROP', 'REFERENCES', 'CREATE VIEW'] as const;

const grant = /^GRANT (.+?) ON (?:TABLE )?(\*|`(?:[^`]|``)+`)\.\* TO /i;
const role = /^GRANT (?!.* ON )/i;
const administrative = ['ALL', 'SUPER', 'SHUTDOWN', 'CREATE USER', 'FILE'];

export function rightsOf(grants: readonly string[], database: string): Rights {
  const here = new Set<string>();
  let overServer = false;
  for (const line of grants) {
    const [, list = '', scope = ''] = grant.exec(line) ?? [];
    if (scope !== '*' && !matches(scope, database)) continue;
    const rights = list.split(',').map((one) =>
      one
        .trim()
        .toUpperCase()
        .replace(/^ALL PRIVILEGES$/, 'ALL'),
    );
    for (const right of rights) here.add(right);
    overServer ||= scope === '*' && rights.some((right) => administrative.includes(right));
  }
  return { here, overServer, hasRoles: grants.some((line) => role.test(line)) };
}

export function missingOf({ here }: Rights, wanted: readonly string[]): readonly string[] {
  return here.has('ALL') ? [] : wanted.filter((right) => !here.has(right));
}

/** A database is granted by a pattern: `%` and `_` stand for others unless there is a backslash before them. */
function matches(scope: string, database: string): boolean {
  const pattern = scope.slice(1, -1).replaceAll('``', '`');
  const source = pattern.replace(/\\([_%\\])|([_%])|([.*+?^${}()|[\]\\/])/g, (_, kept, wild, special) => {
    if (kept !== undefined) return kept === '\\' ? '\\\\' : kept;
    return wild === undefined ? `\\${special}` : wild === '%' ? '.*' : '.';
  });
  return scope !== '' && new RegExp(`^${source}$`, 'i').test(database);
}
