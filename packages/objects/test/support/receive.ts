/** Receives stdin as an object in a process of its own: receive.ts <folder> <key> <bytes>. Prints the error's code. */
import { FileObjectStore, objectKey } from '../../src/index.ts';

const [folder = '', key = '', bytes = ''] = process.argv.slice(2);
try {
  await using received = await new FileObjectStore(folder).receive(process.stdin, Number(bytes));
  await received.keep(objectKey(key));
} catch (error) {
  console.log(error instanceof Error && 'code' in error ? error.code : error);
}
