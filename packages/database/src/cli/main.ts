/** The command `hivesync-migrate`; answers its exit code. */
export async function main(_args: string[], _folder: string, _env: NodeJS.ProcessEnv): Promise<number> {
  return 1;
}
