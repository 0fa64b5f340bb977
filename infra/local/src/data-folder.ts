import { join } from 'node:path';
import { dataFolder as dataFolderOf } from '@hivesync/database/embedded';

/** Where this machine's data and secrets are: see `hivesync-migrate`, which looks there as well. */
export const dataFolder = (): string => dataFolderOf(join(import.meta.dirname, '../../..'));
