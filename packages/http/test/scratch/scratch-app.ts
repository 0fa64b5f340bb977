import { IdSchema, type ProjectId, type UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import { type ServiceParts, startService, type TestService } from '@hivesync/testing';
import { Type } from 'typebox';
import {
  type App,
  type BaseConfig,
  baseConfigSchema,
  createApp,
  errorResponses,
  idsFor,
  loadConfig,
  resolveReferences,
  unitOfWork,
} from '../../src/index.ts';
import { Loan, scratchDatabase } from './scratch-database.ts';

const User = IdSchema<UserId>();
const NewLoan = Type.Object(
  {
    borrower_id: User,
    approved_by: Type.Optional(User),
    witness: Type.Optional(User),
    project_id: Type.Optional(IdSchema<ProjectId>()),
    title: Type.String({ maxLength: 100 }),
  },
  { additionalProperties: false },
);
type NewLoan = Type.Static<typeof NewLoan>;

const response = {
  201: Type.Object({ ids: Type.Array(Type.String()) }),
  ...errorResponses('UNKNOWN_REFERENCE', 'UPSTREAM_UNAVAILABLE'),
};

const idsOf = ({ title: _, ...ids }: NewLoan, at?: `/${string}`) => idsFor(Loan, ids, at);

async function buildScratch(parts: ServiceParts<BaseConfig>): Promise<App> {
  const app = await createApp({
    service: 'workers',
    database: scratchDatabase,
    openapi: { title: 'Loans', description: 'A service that has just been made.' },
    ...parts,
  });
  app.post(
    '/api/v1/loans',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: { operationId: 'createLoan', body: NewLoan, response },
    },
    async (request, reply) => {
      await resolveReferences(request, idsOf(request.body));
      return unitOfWork(request, reply, async (tx) => ({
        status: 201,
        body: { ids: await insertLoans(tx, [request.body]) },
      }));
    },
  );
  app.post(
    '/api/v1/loans/bulk',
    {
      onRequest: app.requireUser,
      config: { idempotent: true },
      schema: {
        operationId: 'createLoans',
        body: Type.Object({ loans: Type.Array(NewLoan, { maxItems: 100 }) }, { additionalProperties: false }),
        response,
      },
    },
    async (request, reply) => {
      const { loans } = request.body;
      await resolveReferences(request, ...loans.map((loan, at) => idsOf(loan, `/loans/${at}`)));
      return unitOfWork(request, reply, async (tx) => ({
        status: 201,
        body: { ids: await insertLoans(tx, loans) },
      }));
    },
  );
  return app;
}

async function insertLoans(tx: Transaction, loans: readonly NewLoan[]): Promise<string[]> {
  const rows = loans.map((loan) => ({ id: newId(), ...loan }));
  await query(
    tx,
    `insert into loans (id, borrower_id, approved_by, witness, project_id, title)
     select id, borrower_id, approved_by, witness, project_id, title
     from jsonb_populate_recordset(null::loans, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
  return rows.map(({ id }) => id);
}

/** The service, listening. */
export function startScratch(
  options: Pick<Parameters<typeof startService>[0], 'on' | 'tokens' | 'serviceUrls'>,
): Promise<TestService<App, BaseConfig>> {
  return startService<BaseConfig, App>({
    database: scratchDatabase,
    loadConfig: (env) => loadConfig(baseConfigSchema, env),
    buildApp: buildScratch,
    listen: true,
    ...options,
  });
}
