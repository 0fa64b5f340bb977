import { runService } from '@hivesync/http';
import { buildApp, loadConfig } from './app.ts';

await runService((environment) => buildApp({ config: loadConfig(environment) }));
