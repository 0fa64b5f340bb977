import { embeddedServer } from './embedded.ts';
import { externalServer } from './external.ts';
import { dockerAnswers, startContainer } from './testcontainers.ts';

/** The PostgreSQL that one test run works on. */
export interface TestServer {
  /** Of a superuser (or one who may create roles and databases), to a database to stand in while working on others. */
  adminUrl: string;
  /** What it is, for people: `embedded`, `container of postgres:18`, ... */
  kind: string;
  /** True where databases of this run would stay behind unless they are dropped. */
  outlivesRun: boolean;
  stop(): Promise<void>;
}

/**
 * The server that `TEST_DATABASE` asks for:
 *
 * - `embedded`: the binaries from npm, in a throwaway folder;
 * - `testcontainers`: a container of `TEST_POSTGRES_IMAGE` (default `postgres:18`);
 * - `postgres://...`: that server, which must be for tests alone;
 * - `auto` (default): a container where a Docker engine answers and gets the image in time, else embedded.
 *
 * @throws Error in one line when it can't be had
 */
export async function openTestServer(wanted = process.env.TEST_DATABASE ?? 'auto'): Promise<TestServer> {
  if (/^postgres(ql)?:\/\//.test(wanted)) return externalServer(wanted);
  if (wanted === 'embedded') return embeddedServer('embedded');
  if (wanted === 'testcontainers') return startContainer();
  if (wanted !== 'auto' && wanted !== '') {
    throw new Error(`TEST_DATABASE is auto, testcontainers, embedded or a postgres:// URL, not ${wanted}`);
  }
  if (!(await dockerAnswers())) return embeddedServer('embedded; no Docker engine answers');
  try {
    return await startContainer();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return embeddedServer(`embedded; Docker answers, but: ${reason}`);
  }
}
