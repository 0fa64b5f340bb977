import * as comments from './comments.ts';
import * as partitions from './partitions.ts';
import * as references from './references.ts';
import * as sweeps from './sweeps.ts';
import * as tombstones from './tombstones.ts';
import * as updatedAt from './updated-at.ts';

/**
 * SQL that migrations of several services share. Migrations that have landed call these, so a text here is frozen
 * as they are: to change one, add a new builder beside it and a migration that calls that.
 */
export const sql = { ...updatedAt, ...references, ...tombstones, ...sweeps, ...partitions, ...comments };
