import * as audit from '@hivesync/audit';
import * as billing from '@hivesync/billing';
import type { ServiceName } from '@hivesync/contracts';
import { createDataSource, type DataSource } from '@hivesync/database';
import type { Subscriptions } from '@hivesync/events';
import * as identity from '@hivesync/identity';
import * as previews from '@hivesync/previews';
import * as projects from '@hivesync/projects';
import * as workers from '@hivesync/workers';
import { databases } from '../databases.ts';

/** What each service does about the events of others. */
export const consumers: Record<ServiceName, Subscriptions> = {
  identity: identity.subscriptions,
  projects: projects.subscriptions,
  previews: previews.subscriptions,
  billing: billing.subscriptions,
  workers: workers.subscriptions,
  audit: audit.subscriptions,
};

/** Connections of the services' own roles, opened when they are first asked for. */
export class Connections implements AsyncDisposable {
  readonly #urlOf: (service: ServiceName) => string;
  readonly #open = new Map<ServiceName, Promise<DataSource>>();

  /** `urlOf` a service's database, under its app role. */
  constructor(urlOf: (service: ServiceName) => string) {
    this.#urlOf = urlOf;
  }

  of(service: ServiceName): Promise<DataSource> {
    const known = this.#open.get(service);
    if (known) return known;
    const opened = createDataSource(databases[service], this.#urlOf(service), { poolSize: 2 }).initialize();
    this.#open.set(service, opened);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.destroy() : undefined)));
  }
}

/** Gives `work` connections that are open until it has settled. */
export async function withConnections<T>(
  urlOf: (service: ServiceName) => string,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  await using connections = new Connections(urlOf);
  // Awaited here: a promise that is handed on would be settled after they are closed.
  return await work(connections);
}
