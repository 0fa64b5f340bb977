import * as audit from '@hivesync/audit';
import * as billing from '@hivesync/billing';
import type { ServiceName } from '@hivesync/contracts';
import { createDataSource, type DataSource, type ServiceDatabase } from '@hivesync/database';
import * as gateway from '@hivesync/gateway';
import type { App, BaseConfig, Logger } from '@hivesync/http';
import * as identity from '@hivesync/identity';
import * as previews from '@hivesync/previews';
import * as projects from '@hivesync/projects';
import * as workers from '@hivesync/workers';
import type { AppName } from './ports.ts';

export type Environment = Record<string, string | undefined>;
type Build = (env: Environment, logger?: Logger) => Promise<App>;

/** What each service's package exports; all six alike. */
interface Service<Config extends BaseConfig> {
  database: ServiceDatabase;
  loadConfig: (env: Environment) => Config;
  buildApp: (parts: { config: Config; dataSource: DataSource; logger?: Logger | undefined }) => Promise<App>;
}

/** As the service's own `main.ts` does it: nothing is connected yet. */
const build =
  <Config extends BaseConfig>({ database, loadConfig, buildApp }: Service<Config>): Build =>
  (env, logger) => {
    const config = loadConfig(env);
    const dataSource = createDataSource(database, config.DATABASE_URL, {
      poolSize: config.DATABASE_POOL_SIZE,
    });
    return buildApp({ config, dataSource, logger });
  };

export const services: Record<ServiceName, Build> = {
  identity: build(identity),
  projects: build(projects),
  previews: build(previews),
  billing: build(billing),
  workers: build(workers),
  audit: build(audit),
};

export const apps: Record<AppName, Build> = {
  ...services,
  gateway: (env, logger) => gateway.buildApp({ config: gateway.loadConfig(env), logger }),
};
