import { afterAll } from 'vitest';
import { endFile } from './file-end.ts';

// Registered before anything of the test file, so that it runs after all of it.
afterAll(endFile);
