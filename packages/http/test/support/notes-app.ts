import { ApiError, IdSchema, type UserId } from '@hivesync/contracts';
import { type DataSource, newId, query, type Transaction } from '@hivesync/database';
import { Type } from 'typebox';
import {
  type App,
  type BaseConfig,
  createApp,
  cursorScope,
  decodeCursor,
  errorResponses,
  idsFor,
  type KeyResolver,
  type Logger,
  Page,
  PageQuery,
  pageFrom,
  type ReferenceOwners,
  resolveReferences,
  unitOfWork,
} from '../../src/index.ts';
import { Note, type NoteId, notesDatabase } from './notes-database.ts';

const NoteSchema = Type.Object(
  {
    id: IdSchema<NoteId>(),
    reader_id: IdSchema<UserId>(),
    text: Type.String(),
    version: Type.Integer(),
  },
  { $id: 'Note', additionalProperties: false },
);

const NewNote = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 200 }),
    reader_id: Type.Optional(IdSchema<UserId>()),
    due: Type.Optional(Type.String({ format: 'date-time' })),
    tags: Type.Optional(Type.Array(Type.String(), { maxItems: 3 })),
    extra: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { additionalProperties: false },
);

/** `extra` has no bound of its own. */
export const noteBytes = 262_144;

const NoteParams = Type.Object({ note_id: IdSchema<NoteId>() });

interface NoteRow {
  id: NoteId;
  reader_id: UserId;
  text: string;
  version: number;
}

export interface NotesDependencies {
  config: BaseConfig;
  dataSource: DataSource;
  keys?: KeyResolver;
  logger?: Logger;
  referenceOwners?: ReferenceOwners;
  /** Runs inside the unit of work of a new note, before it is written. */
  beforeWrite?: (text: string) => Promise<void>;
}

/** A service with one of everything that this package offers. */
export async function buildNotes(dependencies: NotesDependencies): Promise<App> {
  const { config, dataSource, keys, logger, referenceOwners, beforeWrite } = dependencies;
  const app = await createApp({
    service: 'projects',
    config,
    dataSource,
    database: notesDatabase,
    openapi: { title: 'Notes', description: 'Notes for tests.' },
    keys,
    logger,
    referenceOwners,
  });

  app.post(
    '/api/v1/notes',
    {
      onRequest: app.requireUser,
      bodyLimit: noteBytes,
      config: { idempotent: true, versioned: true },
      schema: {
        operationId: 'createNote',
        body: NewNote,
        response: { 201: NoteSchema, ...errorResponses('UNKNOWN_REFERENCE', 'NAME_TAKEN') },
      },
    },
    async (request, reply) => {
      const { text, reader_id: reader = request.user.id } = request.body;
      await resolveReferences(request, idsFor(Note, { reader_id: reader }));
      return unitOfWork(request, reply, async (tx) => {
        await beforeWrite?.(text);
        const note = await insertNote(tx, reader, text);
        return { status: 201, body: note, headers: { location: `/api/v1/notes/${note.id}` } };
      });
    },
  );

  app.get(
    '/api/v1/notes',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listNotes',
        querystring: Type.Object(
          { ...PageQuery.properties, starts: Type.Optional(Type.String()) },
          { additionalProperties: false },
        ),
        response: { 200: Page(NoteSchema) },
      },
    },
    async (request) => {
      const { limit, cursor, starts = '' } = request.query;
      const scope = cursorScope(request);
      const after = decodeCursor(cursor, scope);
      const rows = await query<NoteRow>(
        dataSource,
        `select id, reader_id, text, version
           from notes
          where starts_with(text, $1)
            and ($2::uuid is null or (text, id) > ($3, $2::uuid))
          order by text, id
          limit $4`,
        [starts, after?.id ?? null, after?.sort ?? null, limit + 1],
      );
      return pageFrom(rows, limit, ({ id, text }) => ({ sort: text, id }), scope);
    },
  );

  app.get(
    '/api/v1/notes/:note_id',
    {
      onRequest: app.requireUser,
      config: { versioned: true },
      schema: { operationId: 'getNote', params: NoteParams, response: { 200: NoteSchema } },
    },
    async (request) => findNote(dataSource.manager, request.params.note_id),
  );

  app.patch(
    '/api/v1/notes/:note_id',
    {
      onRequest: app.requireUser,
      config: { ifMatch: 'required', versioned: true },
      schema: {
        operationId: 'updateNote',
        params: NoteParams,
        body: Type.Object({ text: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
        response: { 200: NoteSchema },
      },
    },
    async (request) => {
      const note = await findNote(dataSource.manager, request.params.note_id);
      request.ifMatch.require(note.version);
      return note;
    },
  );

  app.get(
    '/api/v1/admin/notes',
    { onRequest: app.requireAdmin, schema: { operationId: 'adminNotes' } },
    async () => ({ ok: true }),
  );

  app.put(
    '/api/v1/admin/notes',
    { onRequest: app.requireAdmin, schema: { operationId: 'setNotes' } },
    async () => ({ ok: true }),
  );

  app.delete(
    '/api/v1/admin/notes',
    { onRequest: app.requireRecentAdmin, schema: { operationId: 'destroyNotes' } },
    async () => ({ ok: true }),
  );

  app.post(
    '/api/v1/strangers',
    {
      bodyLimit: noteBytes,
      config: { idempotent: true },
      schema: {
        operationId: 'greetStranger',
        body: NewNote,
        response: { 200: Type.Object({ n: Type.Integer() }) },
      },
    },
    async (request, reply) =>
      unitOfWork(request, reply, async () => {
        strangers += 1;
        return { status: 200, body: { n: strangers } };
      }),
  );

  app.put(
    '/api/v1/forgetful',
    { config: { ifMatch: 'optional' }, schema: { operationId: 'forget' } },
    async () => ({}),
  );

  app.get('/internal/who', { schema: { operationId: 'who' } }, async ({ service }) => ({ service }));
  app.get('/api/v1/broken', { schema: { operationId: 'breakDown' } }, async () => {
    throw new Error('postgres://owner:hunter2@db/hivesync is what alice@example.com wrote');
  });
  app.get('/api/v1/slow', { schema: { operationId: 'beSlow' } }, async (request) => {
    request.log.info('slow begins');
    await new Promise((done) => setTimeout(done, 700));
    return { ok: true };
  });
  return app;
}

let strangers = 0;

async function insertNote(tx: Transaction, reader: UserId, text: string): Promise<NoteRow> {
  const taken = await query(tx, 'select id from notes where text = $1', [text]);
  if (taken.length > 0)
    throw new ApiError('NAME_TAKEN', { errors: [{ path: 'body/text', message: 'is taken' }] });
  const [note] = await query<NoteRow>(
    tx,
    `insert into notes (id, reader_id, text)
     values ($1, $2, $3)
     returning id, reader_id, text, version`,
    [newId<NoteId>(), reader, text],
  );
  return note!;
}

async function findNote(tx: Transaction, id: NoteId): Promise<NoteRow> {
  const [note] = await query<NoteRow>(tx, 'select id, reader_id, text, version from notes where id = $1', [
    id,
  ]);
  if (!note) throw new ApiError('NOT_FOUND');
  return note;
}
