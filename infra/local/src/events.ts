/**
 * `npm run events:status|events:retry|events:discard|events:replay`: for whoever looks after the consumers of events.
 * Exit code 0; 1 where events are parked or could not be applied; 2 where the command could not run.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { appRole, databaseOf, databaseUrl, defaultDatabase, roleUrl } from '@hivesync/database';
import { withEmbedded } from '@hivesync/database/embedded';
import { dataFolder } from './data-folder.ts';
import {
  discardEvent,
  listParked,
  replayEvents,
  retryEvents,
  statusOfEvents,
  UsageError,
} from './events/commands.ts';
import { type Connections, withConnections } from './events/consumers.ts';
import { parkedTable, statusTable } from './events/tables.ts';
import { oneLine } from './one-line.ts';
import { loadSecrets } from './secrets.ts';

const usage = `usage: npm run events:status  [-- --service <consumer>] [--json]
       npm run events:retry   [-- --service <consumer>] [--source <service>] [--subject <id>] [--type <type>]
       npm run events:discard -- --service <consumer> --source <service> --event <id> --yes
       npm run events:replay  -- --service <consumer> [--source <service>] --yes`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { service: text, source: text, subject: text, type: text, event: text, yes: flag, json: flag },
  });
  const service = named('service', values.service);
  const source = named('source', values.source);
  const { subject, type, event, json, yes } = values;

  process.exitCode = await connected(async (connections) => {
    switch (positionals[0]) {
      case 'status': {
        const rows = await statusOfEvents(connections, service);
        const parked = await listParked(connections, service);
        if (json) console.log(JSON.stringify({ consumers: rows, parked }));
        else
          console.log([statusTable(rows), ...(parked.length > 0 ? [parkedTable(parked)] : [])].join('\n\n'));
        return parked.length > 0 ? 1 : 0;
      }
      case 'retry': {
        const filter = { ...(source && { source }), ...(subject && { subject }), ...(type && { type }) };
        const { applied, failed } = await retryEvents(connections, service, filter);
        console.log(`${applied} applied, ${failed} failed again.`);
        return failed > 0 ? 1 : 0;
      }
      case 'discard': {
        if (!service || !source || !event) throw new UsageError(usage);
        if (!yes)
          throw new UsageError('It will never be applied, except by a replay. Add --yes to discard it.');
        const found = await discardEvent(connections, service, source, event);
        console.log(found ? 'Discarded. Retry what waited behind it.' : 'No such event is parked there.');
        return found ? 0 : 1;
      }
      case 'replay': {
        if (!service) throw new UsageError(usage);
        if (!yes) {
          throw new UsageError(
            'Everything that is kept is applied again, and reads lag until it is. Add --yes to replay.',
          );
        }
        const sources = await replayEvents(connections, service, source);
        console.log(`${service} applies ${sources.join(', ')} again from the beginning: see events:status.`);
        return 0;
      }
      default:
        throw new UsageError(usage);
    }
  });
} catch (error) {
  console.error(error instanceof UsageError ? error.message : oneLine(error));
  process.exitCode = 2;
}

function named(option: string, value: string | undefined): ServiceName | undefined {
  if (value === undefined) return undefined;
  const service = serviceNames.find((name) => name === value);
  if (!service) throw new UsageError(`--${option} is one of ${serviceNames.join(', ')}, not ${value}`);
  return service;
}

/** On the server of DATABASE_URL, else on this machine's embedded one, whether the platform runs or not. */
async function connected(work: (connections: Connections) => Promise<number>): Promise<number> {
  const folder = dataFolder();
  const on = async (url: string) => {
    const roleSecret =
      process.env.HIVESYNC_ROLE_SECRET || loadSecrets(join(folder, 'secrets.json')).role_secret;
    const urlOf = (service: ServiceName) =>
      roleUrl(databaseUrl(url, databaseOf(url)), appRole(service), roleSecret);
    return withConnections(urlOf, work);
  };
  if (process.env.DATABASE_URL) return on(process.env.DATABASE_URL);
  return withEmbedded({ dataDir: join(folder, 'postgres') }, ({ url }) =>
    on(databaseUrl(url, defaultDatabase)),
  );
}
